//! Hears what a network tells its engine.

use plexus_consensus::malachite::{EngineNetworkMsg, NetworkEvent, NetworkRef};
use plexus_consensus::Plexus;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::mpsc;

/// Events that may wait to be heard.
const HEARD_MAX: usize = 1_024;

/// What is kept of an event, if anything is.
type Choose<T> = fn(NetworkEvent<Plexus>) -> Option<T>;

/// What the network tells.
struct Heard(NetworkEvent<Plexus>);

impl From<NetworkEvent<Plexus>> for Heard {
	fn from(event: NetworkEvent<Plexus>) -> Self {
		Self(event)
	}
}

/// Passes on what is kept of each event.
struct Ear<T>(Choose<T>);

#[async_trait::async_trait]
impl<T: Send + 'static> Actor for Ear<T> {
	type Msg = Heard;
	type State = mpsc::Sender<T>;
	type Arguments = Self::State;

	async fn pre_start(
		&self,
		_: ActorRef<Heard>,
		kept: Self::State,
	) -> Result<Self::State, ActorProcessingErr> {
		Ok(kept)
	}

	async fn handle(
		&self,
		_: ActorRef<Heard>,
		Heard(event): Heard,
		kept: &mut Self::State,
	) -> Result<(), ActorProcessingErr> {
		if let Some(event) = (self.0)(event) {
			kept.send(event).await.map_err(|_| "nobody listens any more")?;
		}
		Ok(())
	}
}

/// Subscribes to a network as an engine does; what is kept of its events, as they come.
pub async fn listen_in<T: Send + 'static>(
	network: &NetworkRef<Plexus>,
	choose: Choose<T>,
) -> mpsc::Receiver<T> {
	let (sender, kept) = mpsc::channel(HEARD_MAX);
	let (ear, _) = Actor::spawn(None, Ear(choose), sender).await.unwrap();
	network.cast(EngineNetworkMsg::Subscribe(Box::new(ear))).unwrap();
	kept
}
