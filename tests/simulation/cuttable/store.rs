//! The roles of the custom store, over a ledger that can be cut off.

use async_trait::async_trait;
use domain::feed::{FeedOrder, FeedWindow};
use domain::ids::{ConnectionName, OrderId};
use domain::ship_notice::NoticeId;
use jiff::Timestamp;
use ledger::{Feed, FeedPage, FeedPageOf, KeptNotice, LedgerError, Notices};

use super::Cuttable;

#[async_trait]
impl Feed for Cuttable {
    async fn put_in_feed(
        &self,
        connection: &ConnectionName,
        orders: &[FeedOrder],
        now: Timestamp,
    ) -> Result<Vec<bool>, LedgerError> {
        self.now().put_in_feed(connection, orders, now).await
    }

    async fn in_feed(
        &self,
        connection: &ConnectionName,
        orders: &[OrderId],
    ) -> Result<Vec<Option<FeedOrder>>, LedgerError> {
        self.now().in_feed(connection, orders).await
    }

    async fn feed_page(
        &self,
        connection: &ConnectionName,
        window: FeedWindow,
        page: FeedPage,
        now: Timestamp,
    ) -> Result<FeedPageOf, LedgerError> {
        self.now().feed_page(connection, window, page, now).await
    }

    async fn feed_changed(&self, connection: &ConnectionName) -> Result<Option<Timestamp>, LedgerError> {
        self.now().feed_changed(connection).await
    }
}

#[async_trait]
impl Notices for Cuttable {
    async fn keep_notice(
        &self,
        connection: &ConnectionName,
        notice: &KeptNotice,
    ) -> Result<bool, LedgerError> {
        self.now().keep_notice(connection, notice).await
    }

    async fn notices(
        &self,
        connection: &ConnectionName,
        ids: &[NoticeId],
    ) -> Result<Vec<Option<KeptNotice>>, LedgerError> {
        self.now().notices(connection, ids).await
    }

    async fn notices_taken_in(
        &self,
        connection: &ConnectionName,
        ids: &[NoticeId],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.now().notices_taken_in(connection, ids, now).await
    }

    async fn open_notices(
        &self,
        connection: &ConnectionName,
        received_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<NoticeId>, LedgerError> {
        self.now().open_notices(connection, received_until, limit).await
    }
}
