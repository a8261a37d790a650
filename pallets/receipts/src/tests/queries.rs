//! Queries and their pages.

use super::*;
use crate::runtime_api::LOOK_MAX;

#[test]
fn a_channel_is_shown_with_all_that_a_server_checks() {
	run(|| {
		let id = open(1_000);
		assert_ok!(submit([redemption(id, &[receipt(0, 100)])]));
		let info = Receipts::channel(id).expect("it is open");
		assert_eq!((info.payer, info.server, info.signer), (account(PAYER), AgentId(0), signer_account(KEY)));
		assert_eq!(info.models, [0, 1, 2].map(ModelId));
		assert_eq!((info.locked, info.redeemed, info.sequence), (900, 100, 1));
		assert_eq!((info.closing, info.ends_at_ms), (false, info.expires_at_ms));
		assert_ok!(Receipts::close(by(PAYER), id));
		let info = Receipts::channel(id).expect("it is closing");
		assert_eq!((info.closing, info.ends_at_ms), (true, Now::get() + GRACE_MS));
		assert_eq!(Receipts::channel(ChannelId(9)), None);
	});
}

#[test]
fn pages_skip_what_is_gone_and_nothing_else() {
	run(|| {
		let ids: Vec<_> = (0..7).map(|_| open(10)).collect();
		for gone in [ids[0], ids[3], ids[4]] {
			assert_ok!(Receipts::close(signed(agent_account(0)), gone));
		}
		for limit in 1..9 {
			let (mut seen, mut cursor) = (Vec::new(), None);
			loop {
				let page = Receipts::channels(cursor, limit);
				seen.extend(page.items.into_iter().map(|info| info.id));
				cursor = page.next;
				if cursor.is_none() {
					break;
				}
			}
			assert_eq!(seen, [ids[1], ids[2], ids[5], ids[6]], "by {limit}");
		}
		assert_eq!(Receipts::channels(Some(ChannelId(u64::MAX)), 9).items, []);
	});
}

/// All ids that pages of so many lead to.
fn paged(limit: u32, page: impl Fn(Option<ChannelId>, u32) -> Page) -> Vec<u64> {
	let (mut seen, mut cursor) = (Vec::new(), None);
	loop {
		let page = page(cursor, limit);
		assert!(page.items.len() <= limit as usize);
		seen.extend(page.items.into_iter().map(|info| info.id.0));
		cursor = page.next;
		if cursor.is_none() {
			return seen;
		}
	}
}

type Page = crate::runtime_api::Page<crate::queries::ChannelInfoOf<Test>, ChannelId>;

#[test]
fn a_payers_and_a_servers_channels_are_found_among_all_others() {
	run(|| {
		for (payer, server) in [(PAYER, 0), (OTHER, 0), (OTHER, 1), (PAYER, 1), (OTHER, 0), (PAYER, 0)] {
			assert_ok!(Receipts::open(by(payer), AgentId(server), terms(&[0]), 10));
		}
		assert_ok!(Receipts::close(signed(agent_account(0)), ChannelId(0)));
		for limit in 1..9 {
			let of = |who| paged(limit, |cursor, limit| Receipts::channels_of(&account(who), cursor, limit));
			assert_eq!((of(PAYER), of(OTHER)), (vec![3, 5], vec![1, 2, 4]), "by {limit}");
			let toward =
				|id| paged(limit, |cursor, limit| Receipts::channels_toward(AgentId(id), cursor, limit));
			assert_eq!((toward(0), toward(1)), (vec![1, 4, 5], vec![2, 3]), "by {limit}");
		}
		let page = Receipts::channels_of(&account(PAYER), None, 2);
		assert_eq!((page.items.len(), page.next), (2, None), "a full page at the end is the last");
		assert_eq!(Receipts::channels_of(&account(PAYER), Some(ChannelId(u64::MAX)), 9).items, []);
	});
}

#[test]
fn a_page_of_one_payer_looks_at_so_many_ids_and_no_more() {
	run(|| {
		let first = open(10);
		crate::NextChannelId::<Test>::put(ChannelId(u64::from(LOOK_MAX) + 7));
		let last = open(10);
		let page = Receipts::channels_of(&account(PAYER), None, 9);
		assert_eq!(page.items.iter().map(|info| info.id).collect::<Vec<_>>(), [first]);
		assert_eq!(page.next, Some(ChannelId(LOOK_MAX.into())));
		let page = Receipts::channels_of(&account(PAYER), page.next, 9);
		assert_eq!(page.items.iter().map(|info| info.id).collect::<Vec<_>>(), [last]);
		assert_eq!(page.next, None);
	});
}

#[test]
fn batches_and_revenue_are_shown() {
	run(|| {
		let id = open(100_000);
		assert_eq!(Receipts::revenue(ModelId(2)).expect("a channel names it").revenue, 0);
		assert_ok!(submit([redemption(id, &[receipt(2, 10_000)])]));
		let page = Receipts::batches(None, 10);
		let info = &page.items[0];
		assert_eq!((page.items.len(), page.next), (1, None));
		assert_eq!((info.id, info.server, info.receipts, info.gross), (BatchId(0), AgentId(0), 1, 10_000));
		assert_eq!(Receipts::batch(BatchId(0)).as_ref(), Some(info));
		let revenue = Receipts::revenue(ModelId(2)).expect("it earned");
		assert_eq!((revenue.revenue, revenue.royalties, revenue.to_servers), (9_700, 1_455, 4_947));
		assert_eq!((revenue.to_data, revenue.developer_due, revenue.developer_taken), (0, 3_298, 0));
		assert_eq!(Receipts::earnings(&agent_account(0)), 4_947);
		assert_eq!(Receipts::royalty_due(ModelId(2), ModelId(0)), 970);
		assert_eq!(Receipts::royalty_due(ModelId(0), ModelId(2)), 0);
		assert_eq!(Receipts::revenue(ModelId(9)), None);
	});
}
