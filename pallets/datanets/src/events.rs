//! What the pallet tells. [`crate::pallet`] imports it: `Event` is an item of that module.
//!
//! # Must not
//! Leave out what an indexer needs to follow the state without reading it.

use frame_support::pallet_macros::pallet_section;

/// The pallet's event.
#[pallet_section]
pub mod events {
	/// The events tell everything that the state holds: an indexer needs no storage queries. All times are on the chain
	/// clock.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A datanet was created.
		DatanetCreated {
			/// Its id.
			datanet: DatanetId,
			/// Who created it.
			owner: T::AccountId,
			/// Its name.
			name: NameOf<T>,
			/// Its tags.
			tags: TagsOf<T>,
			/// Its licence.
			licence: Licence<T>,
			/// How it accepts; its curators are generation 0.
			admission: Admission<T>,
			/// What was put on hold.
			deposit: BalanceOf<T>,
			/// From when on everybody may publish its first version.
			publishable_at_ms: u64,
		},
		/// A datanet that listed nothing and had no version was removed.
		DatanetRemoved {
			/// Its id, never to be used again.
			datanet: DatanetId,
			/// Whose it was.
			owner: T::AccountId,
			/// What was returned.
			deposit: BalanceOf<T>,
		},
		/// Content was contributed.
		ContributionRegistered {
			/// Its id.
			contribution: ContributionId,
			/// The datanet it is in.
			datanet: DatanetId,
			/// Its place there.
			sequence: Sequence,
			/// Who contributed it.
			contributor: T::AccountId,
			/// The bytes it names.
			content: Content,
			/// Their media type.
			media_type: MediaTypeOf<T>,
			/// Where they are.
			locator: LocatorOf<T>,
			/// The commitment it counts under.
			commitment: CommitmentNumber,
			/// What was put on hold for good conduct.
			deposit: BalanceOf<T>,
			/// What was put on hold for storage.
			storage_deposit: BalanceOf<T>,
			/// It is not accepted before.
			not_before_ms: u64,
			/// From when on it can be removed if it is not accepted.
			expires_at_ms: u64,
			/// The generation of the curators who review it; none in an open datanet.
			curators: Option<u32>,
			/// Whether its contributor holds the root by an older contribution, and lists it here besides.
			listing: bool,
		},
		/// A contribution was removed as if it had never been. Its deposits are returned, and its root is free unless
		/// it was a listing, or `RootReserved` follows.
		ContributionRemoved {
			/// Its id, never to be used again.
			contribution: ContributionId,
			/// The datanet it was in.
			datanet: DatanetId,
			/// The place there that is empty now.
			sequence: Sequence,
			/// Who had contributed it.
			contributor: T::AccountId,
			/// The bytes it named.
			content: Content,
			/// What was returned of the deposit for good conduct.
			deposit: BalanceOf<T>,
			/// What was returned of the deposit for storage.
			storage_deposit: BalanceOf<T>,
			/// Why.
			reason: RemovalReason,
		},
		/// A contribution was removed, and its root is kept for its beneficiary, who may register it anew under the same
		/// number.
		RootReserved {
			/// The root.
			root: [u8; 32],
			/// The contribution that held it.
			contribution: ContributionId,
			/// For whom.
			account: T::AccountId,
			/// Whose deposit is kept for it: its contributor's.
			depositor: T::AccountId,
			/// The commitment that it counts under.
			commitment: CommitmentNumber,
			/// Until when.
			until_ms: u64,
			/// What stays on hold for storage.
			deposit: BalanceOf<T>,
		},
		/// A root is no longer reserved.
		ReservationEnded {
			/// The root.
			root: [u8; 32],
			/// For whom it was.
			account: T::AccountId,
			/// Who got the deposit back.
			depositor: T::AccountId,
			/// What was returned.
			deposit: BalanceOf<T>,
		},
		/// A contribution was accepted: it is in every version from `from` on, until it departs.
		ContributionAccepted {
			/// The contribution.
			contribution: ContributionId,
			/// Its datanet.
			datanet: DatanetId,
			/// What it weighs.
			weight: u8,
			/// The next version.
			from: DatanetVersion,
			/// When its deposit for good conduct can be released.
			deposit_until_ms: u64,
		},
		/// A contribution is in no version from `until` on.
		ContributionDeparted {
			/// The contribution.
			contribution: ContributionId,
			/// Its datanet.
			datanet: DatanetId,
			/// The next version.
			until: DatanetVersion,
			/// Why. What was taken down has no locator any more.
			cause: DepartureCause,
		},
		/// A curator reviewed a pending contribution.
		Reviewed {
			/// The contribution.
			contribution: ContributionId,
			/// Who.
			curator: T::AccountId,
			/// What it thinks.
			verdict: Verdict,
		},
		/// A registration was skipped, since its root is somebody's for good, or of one who committed earlier.
		RootHeld {
			/// The root.
			root: [u8; 32],
			/// The contribution that holds it, or held it before it was reserved.
			holder: ContributionId,
			/// Who registered in vain.
			contributor: T::AccountId,
		},
		/// Somebody committed to contents.
		CommitmentMade {
			/// Its place in the order of all.
			number: CommitmentNumber,
			/// Who.
			account: T::AccountId,
			/// The hash.
			hash: [u8; 32],
			/// From when on it can be used.
			usable_from_ms: u64,
			/// When it is void.
			expires_at_ms: u64,
			/// What was put on hold.
			deposit: BalanceOf<T>,
		},
		/// A commitment was used or cleared.
		CommitmentClosed {
			/// Its number.
			number: CommitmentNumber,
			/// Whose it was.
			account: T::AccountId,
			/// The hash.
			hash: [u8; 32],
			/// What was returned.
			deposit: BalanceOf<T>,
			/// Whether contributions were registered under it.
			used: bool,
		},
		/// A contribution's bytes are elsewhere now.
		LocatorSet {
			/// The contribution.
			contribution: ContributionId,
			/// Where.
			locator: LocatorOf<T>,
			/// What is on hold for storage now.
			storage_deposit: BalanceOf<T>,
		},
		/// A contribution's deposit for good conduct was released.
		DepositReleased {
			/// The contribution.
			contribution: ContributionId,
			/// Who got it.
			contributor: T::AccountId,
			/// What.
			deposit: BalanceOf<T>,
		},
		/// A version was published.
		VersionPublished {
			/// The datanet.
			datanet: DatanetId,
			/// Its number.
			version: DatanetVersion,
			/// How what it holds was accepted.
			admission: AdmissionKind,
			/// How many contributions it holds.
			contributions: u64,
			/// Their weight together.
			weight: u64,
			/// Who published it.
			publisher: T::AccountId,
			/// What was burned.
			price: BalanceOf<T>,
			/// When, on the chain clock.
			published_at_ms: u64,
			/// From when on everybody may publish the next.
			publishable_at_ms: u64,
		},
		/// A datanet's name and tags were replaced.
		DatanetDescribed {
			/// The datanet.
			datanet: DatanetId,
			/// Its name.
			name: NameOf<T>,
			/// All of its tags.
			tags: TagsOf<T>,
		},
		/// A datanet was paused, resumed or retired.
		DatanetStatusSet {
			/// The datanet.
			datanet: DatanetId,
			/// What it still does.
			status: DatanetStatus,
			/// The first commitment under which it takes nothing; nothing while it is active.
			closed_from: Option<CommitmentNumber>,
			/// From when on anybody may remove what no version holds; nothing unless it is retired.
			expirable_from_ms: Option<u64>,
		},
		/// A datanet was offered, or the offer taken back.
		OwnerProposed {
			/// The datanet.
			datanet: DatanetId,
			/// Who may accept it; nobody if the offer was taken back.
			proposed: Option<T::AccountId>,
		},
		/// A datanet has a new owner. Proposed curators are forgotten.
		OwnerChanged {
			/// The datanet.
			datanet: DatanetId,
			/// Whose it was, and to whom the deposit was returned.
			former: T::AccountId,
			/// Whose it is, and from whom the deposit is held.
			owner: T::AccountId,
			/// The deposit.
			deposit: BalanceOf<T>,
		},
		/// Curators were proposed, or the proposal taken back.
		CuratorsProposed {
			/// The datanet.
			datanet: DatanetId,
			/// Who, and from when on they can be enacted; nothing if the proposal was taken back.
			proposed: Option<(CuratorsOf<T>, u64)>,
		},
		/// A datanet has other curators for what is contributed from now on.
		CuratorsChanged {
			/// The datanet.
			datanet: DatanetId,
			/// Their generation.
			generation: u32,
			/// Who they are.
			curators: CuratorsOf<T>,
		},
		/// A chunk was asked for, which the hash of a block will name.
		Challenged {
			/// The contribution.
			contribution: ContributionId,
			/// Who asks.
			challenger: T::AccountId,
			/// The block, this one.
			at: BlockNumberFor<T>,
			/// What was put on hold.
			bond: BalanceOf<T>,
		},
		/// The hash of a challenge's block was forgotten before anybody drew the chunk; another one will name it.
		ChallengeRenewed {
			/// The contribution.
			contribution: ContributionId,
			/// The block, this one.
			at: BlockNumberFor<T>,
		},
		/// It is known which chunk a challenge asks for.
		ChunkDrawn {
			/// The contribution.
			contribution: ContributionId,
			/// The number of the chunk of 1 KiB.
			chunk: u64,
			/// Until when it can be shown.
			deadline_ms: u64,
		},
		/// A chunk was shown.
		ChallengeAnswered {
			/// The contribution.
			contribution: ContributionId,
			/// Who had asked, and lost its bond.
			challenger: T::AccountId,
			/// What the contributor got of it; the rest was burned.
			compensation: BalanceOf<T>,
		},
		/// A challenge ended unanswered: the contribution did not show the chunk in time, or left before.
		ChallengeUnanswered {
			/// The contribution.
			contribution: ContributionId,
			/// Who had asked.
			challenger: T::AccountId,
			/// What was returned.
			bond: BalanceOf<T>,
		},
		/// A claim was made. If it is for the earnings, these go to an escrow until it is decided.
		Disputed {
			/// The contribution.
			contribution: ContributionId,
			/// Who claims.
			claimant: T::AccountId,
			/// What.
			remedy: Remedy,
			/// What it says about that.
			evidence: Option<Content>,
			/// The generation of the curators who judge; none in an open datanet.
			curators: Option<u32>,
			/// Until when they may.
			deadline_ms: u64,
			/// What was put on hold.
			bond: BalanceOf<T>,
		},
		/// A curator voted in a dispute.
		Voted {
			/// The contribution.
			contribution: ContributionId,
			/// Who.
			curator: T::AccountId,
			/// Whether it finds the claimant right.
			uphold: bool,
		},
		/// A dispute ended.
		DisputeClosed {
			/// The contribution.
			contribution: ContributionId,
			/// Who had claimed; the beneficiary if its claim for the earnings was upheld.
			claimant: T::AccountId,
			/// What it had claimed.
			remedy: Remedy,
			/// How it ended.
			outcome: Outcome,
			/// What was returned of the bond.
			returned: BalanceOf<T>,
			/// What the beneficiary got of it; the rest was burned.
			compensation: BalanceOf<T>,
		},
		/// Things take other times from now on.
		WindowsSet {
			/// All of them.
			windows: Windows,
		},
	}
}
