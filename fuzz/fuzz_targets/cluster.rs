#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    netpath_fuzz::run("cluster", bytes);
});
