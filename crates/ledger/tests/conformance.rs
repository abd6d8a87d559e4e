//! What the ledger's roles mean, in terms of the roles only. Every case runs over every backend: a backend is
//! one implementation of [`Home`] and one line at the end.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use async_trait::async_trait;
use ledger::{Ledger, PostgresConfig, PostgresLedger, SqliteLedger};

use conformance::databases::Database;

#[path = "../../../tests/support/servers.rs"]
mod servers;

mod conformance {
    pub(crate) mod alerts;
    pub(crate) mod databases;
    pub(crate) mod effects;
    pub(crate) mod effects_in_doubt;
    pub(crate) mod feed;
    pub(crate) mod lookouts;
    pub(crate) mod orders;
    mod postgres;
    pub(crate) mod quota;
    pub(crate) mod quota_model;
    pub(crate) mod quota_told;
    pub(crate) mod samples;
    pub(crate) mod shipments;
    pub(crate) mod shipstation_index;
    pub(crate) mod small_roles;
}

/// Where one test's ledger lives. Each home is empty at first and shared with no other test.
#[async_trait]
pub trait Home: Send + Sync + Sized {
    /// Makes a home.
    async fn fresh() -> Self;

    /// Opens the ledger: the first time, beside others as another process would, or again after a crash.
    async fn open(&self) -> Arc<dyn Ledger>;
}

/// A folder with one SQLite file.
struct SqliteHome(tempfile::TempDir);

#[async_trait]
impl Home for SqliteHome {
    async fn fresh() -> Self {
        Self(tempfile::TempDir::new().unwrap())
    }

    async fn open(&self) -> Arc<dyn Ledger> {
        Arc::new(SqliteLedger::open(&self.0.path().join("ledger.db")).await.unwrap())
    }
}

/// A PostgreSQL database.
struct PostgresHome(Database);

impl PostgresHome {
    fn config(&self) -> PostgresConfig {
        PostgresConfig::new(self.0.url())
    }

    async fn ledger(&self) -> PostgresLedger {
        PostgresLedger::open(&self.config()).await.unwrap()
    }
}

#[async_trait]
impl Home for PostgresHome {
    async fn fresh() -> Self {
        let migrate = async |url| {
            PostgresLedger::migrate(&PostgresConfig::new(url)).await.unwrap();
        };
        Self(Database::migrated(migrate).await)
    }

    async fn open(&self) -> Arc<dyn Ledger> {
        Arc::new(self.ledger().await)
    }
}

/// One test per case, over one backend.
macro_rules! cases {
    ($home:ty, $($module:ident: $($case:ident,)*;)*) => {
        $(mod $module {
            use super::*;

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                crate::conformance::$module::$case(&<$home>::fresh().await).await;
            })*
        })*
    };
}

/// The whole suite, over one backend.
macro_rules! suite {
    ($backend:ident, $home:ty) => {
        mod $backend {
            use super::*;

            cases! { $home,
                alerts:
                    what_is_known_is_kept_replaced_and_forgotten,
                    channels_and_connections_are_told_apart,
                    of_a_problem_that_stands_twice_in_a_call_the_later_counts,;
                effects:
                    a_first_claim_is_granted_and_its_record_is_kept,
                    what_has_been_written_is_done_and_moves_the_version_on,
                    a_lease_in_force_keeps_everybody_out_until_it_ends,
                    of_concurrent_claimers_exactly_one_is_granted,
                    a_smaller_version_is_superseded,
                    only_the_newest_token_records_and_only_once,
                    a_late_record_of_the_newest_claim_counts,
                    not_applied_leaves_what_was_done_before,
                    answers_come_in_the_order_of_the_requests,
                    batches_of_250_are_fast,;
                effects_in_doubt:
                    a_claim_without_a_record_is_in_doubt_after_a_crash,
                    an_open_answer_is_in_doubt_at_once,
                    untouched_keeps_an_earlier_doubt_and_makes_none,
                    doubt_counts_from_the_earliest_start_and_ends_with_a_known_result,
                    doubt_outweighs_what_was_done_before,
                    a_superseded_claim_does_not_disturb_a_late_holder,;
                feed:
                    a_window_shows_what_changed_in_it_with_both_ends_included,
                    an_order_that_stays_as_it_is_keeps_its_place,
                    orders_of_one_stamp_are_each_on_one_page,
                    pages_of_any_size_put_together_are_the_window,
                    a_change_between_two_pages_pushes_no_order_off_the_seam,
                    a_page_of_a_window_that_was_forgotten_is_read_anew,
                    no_change_slips_between_two_windows,
                    a_notice_is_kept_once_and_found_again,
                    open_notices_are_those_of_known_orders_that_nobody_took_in,;
                orders:
                    records_come_back_as_they_were_kept,
                    an_older_reading_changes_nothing_and_an_equal_one_wins,
                    a_reference_means_the_order_that_changed_last,
                    a_reading_leaves_place_and_progress_alone,
                    only_orders_that_were_read_can_be_placed_or_progress,
                    orders_are_found_by_their_shipstation_id,
                    objections_and_attempts_come_and_go,
                    what_a_reading_has_answered_never_goes_back,
                    open_orders_come_page_by_page,
                    a_search_finds_by_state_and_by_text_the_newest_first,
                    stages_are_counted_among_the_orders_that_wait,
                    orders_in_a_state_are_those_whose_records_say_so,
                    orders_in_states_come_page_by_page,
                    counts_agree_with_the_states_of_the_records,
                    the_places_of_orders_that_were_fetched_are_learned_and_stay,;
                shipstation_index:
                    an_order_is_found_by_its_id_and_by_its_number,
                    an_older_reading_of_shipstations_order_changes_nothing,
                    connections_have_an_index_of_their_own,;
                shipments:
                    reports_out_of_order_end_in_the_same_set,
                    a_void_never_comes_back,
                    the_revision_moves_only_with_a_change,
                    several_orders_are_taken_in_together_each_answered_once,
                    concurrent_reports_are_all_kept,
                    a_shipment_is_found_in_all_orders_that_share_it,;
                lookouts:
                    unsent_orders_are_those_that_were_to_be_sent_long_enough_ago,
                    unwritten_sets_are_those_whose_present_revision_nobody_recorded,
                    entries_of_a_kind_are_counted_since_an_instant,;
                quota:
                    a_full_window_opens_when_its_first_call_has_left_it,
                    the_tightest_window_decides,
                    a_lower_priority_leaves_the_reserve_alone,
                    credentials_have_budgets_of_their_own,
                    calls_survive_a_restart,
                    a_call_that_was_granted_too_late_is_counted_but_not_made,
                    concurrent_takers_never_exceed_the_limit,;
                quota_told:
                    calls_of_others_count_until_the_reset,
                    a_report_never_gives_more_than_the_limit,
                    a_told_limit_lowers_ours_until_told_otherwise,
                    a_block_holds_everybody_until_it_ends,;
                quota_model:
                    any_sequence_agrees_with_a_model_and_keeps_every_limit,;
                small_roles:
                    products_come_back_with_the_time_of_their_newest_reading,
                    a_timeline_keeps_its_order_and_repeats_nothing,
                    a_lease_has_one_holder_and_a_growing_token,
                    of_concurrent_takers_one_has_the_lease,
                    a_cursor_never_goes_back,
                    a_mark_holds_the_last_value_of_its_name,
                    parked_events_wait_once_and_leave_once,;
            }
        }
    };
}

suite!(sqlite, SqliteHome);
suite!(postgresql, PostgresHome);
