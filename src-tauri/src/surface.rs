// Every command a window may ask for, once. The build script makes a permission of each, `lib.rs` the handler table;
// a test holds the capability files and the isolation script to it. (No module documentation here: `build.rs`
// includes this file, and inner documentation cannot stand in the middle of one.)

/// Hands the names of all commands, in the order of the screens' contract, to the macro `$with`.
macro_rules! with_commands {
    ($with:ident) => {
        $with! {
            subscribe,
            app_state,
            open_sample_hotel,
            find_hotel,
            connect_hotel,
            choose_person,
            sign_in,
            sign_out,
            lock,
            still_here,
            change_pin,
            board,
            front_desk,
            suggestions,
            act,
            radio,
            begin_day,
            begin_emergency,
            sync_center,
            story,
            retry_event,
            discard_event,
            retry_failed,
            sync_now,
            set_link,
            pause_sending,
            put_on_hold,
            let_go,
            conflict,
            resolve,
            send_to_look,
            refresh_snapshot,
            export_waiting,
            carry_places,
            import_waiting,
            discard_carried,
            report,
            outage_summary,
            export_report,
            downtime_pack,
            open_downtime_pack,
            say_for_pack,
            dismiss_guide,
            dismiss_notice,
            telemetry,
            open_window,
            quit
        }
    };
}
