//! Histories in which something was lost, stuck or told wrongly once. Each is played again, in a process of its own, so
//! that its seed gives the same; the name says what it found.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use turndown_sim::world::{Plan, play};

fn plays_clean(seed: u64) {
    let tally = play(&Plan::draw(seed, None));
    assert!(tally.is_clean(), "make sim SEED={seed}\n{}", tally.failures.join("\n"));
    assert!(tally.recorded > 0, "something was done in it");
}

macro_rules! found {
    ($($name:ident: $seed:literal,)*) => {
        $(#[test] fn $name() { plays_clean($seed); })*
    };
}

found! {
    a2_the_desks_folder_outlives_a_power_cut_after_the_first_start: 5,
    a6_a_bit_that_flips_while_the_log_is_read_costs_nothing: 10,
    h6_a_conflict_outlives_a_repair: 6,
    b12_a_service_goes_on_after_an_error_of_its_disk: 1012,
    b10_a_proxys_size_limit_parks_nothing: 1031,
    d3_a_service_with_a_damaged_database_goes_on_from_its_backup: 2036,
    l2_what_was_parked_and_settled_arrives: 2019,
    f3_what_is_tried_again_stays_its_authors_work: 3114,
    k1_a_page_that_was_written_back_wrongly_is_found_and_mended: 3138,
    d3_twice_restored_what_was_lost_comes_in_its_first_order: 10002,
    l1_a_wrong_bit_that_was_written_back_is_found_at_the_next_start: 100674,
    d1_a_desk_that_was_put_back_is_told_apart: 910034,
    d3_a_repaired_desk_offers_again_in_an_order_that_can_be_taken: 5067,
    a6_a_backup_with_a_row_that_rotted_keeps_no_desk_closed: 170,
    d6_a_replica_without_the_last_settled_actions_is_given_them: 510095,
    d6_a_replicas_answer_does_not_hide_what_it_lacks: 602816,
    l1_a_backup_with_a_count_that_rotted_is_no_beginning: 603386,
    l1_a_count_that_rotted_below_nothing_is_damage: 603435,
    a6_a_desk_whose_first_write_meets_damage_is_repaired_and_opens: 801153,
    d3_what_a_service_lost_unheard_is_not_let_go: 1000506,
    d1_a_desk_whose_install_the_disk_forgot_goes_on_as_who_its_record_says: 1300431,
    d3_what_a_service_lost_on_the_last_evening_is_heard_of_before_the_account: 1300238,
    a2_one_error_under_the_second_copy_leaves_no_action_in_the_database_alone: 1502058,
    d4_a_desk_whose_services_name_rotted_finds_its_service_again: 1603112,
    a6_a_desk_whose_list_of_migrations_lost_its_end_opens: 1801583,
    b12_what_held_the_sending_back_does_not_come_back_with_a_backup: 1907535,
    b12_an_action_whose_name_rotted_in_the_outbox_is_found_and_mended: 2003529,
    a6_a_desk_that_would_not_take_up_what_it_lacks_is_made_anew_by_the_same_start: 4103381,
    b12_damage_that_is_met_where_the_database_is_opened_anew_is_told: 4106651,
    b12_a_row_of_the_service_that_the_link_cannot_read_is_told: 6012893,
    a6_a_backup_with_an_index_that_kept_what_had_left_it_is_no_beginning: 8000339,
    d2_a_branch_that_an_older_database_brought_back_is_kept_beside_the_other: 10003301,
    a6_a_header_that_names_a_form_nobody_has_written_keeps_no_desk_closed: 11006450,
    a_decision_that_does_not_fit_together_is_taken_another_way: 500319,
}
