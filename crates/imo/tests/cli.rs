//! The binary as people and programs use it: arguments in; text, JSON objects and exit codes out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use binary::{Outcome, at, check_failure, command, folder, imo, tiny};
use imo_kernels::Isa;
use imo_pack::tiny::{END, TinyShape, VOCAB, gguf};
use serde_json::Value;

mod binary;

/// `imo run --json` of a model, with more arguments.
fn run_json(model: &Path, more: &[&str]) -> Value {
    imo(&[&["run", at(model), "--json"], more].concat()).object()
}

/// A report without its timings, which differ from run to run.
fn untimed(mut report: Value) -> Value {
    let timings = report.as_object_mut().expect("an object").remove("timings");
    assert!(timings.is_some(), "{report}");
    report
}

/// The numbers in a JSON list.
fn numbers(list: &Value) -> Vec<u64> {
    let list = list.as_array().unwrap_or_else(|| panic!("{list} is not a list"));
    list.iter().map(|number| number.as_u64().expect("a whole number")).collect()
}

#[test]
fn help_names_every_command() {
    let outcome = imo(&["--help"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    for name in ["run", "model", "bench", "--json"] {
        assert!(outcome.stdout.contains(name), "{name}: {outcome:?}");
    }
    for command in [&["run", "--help"][..], &["model", "pack", "--help"], &["bench", "--help"]] {
        let outcome = imo(command);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(outcome.stdout.contains("Usage: imo "), "{outcome:?}");
    }
}

#[test]
fn wrong_arguments_are_told_apart_from_failures() {
    // An instruction set of another processor family.
    let absent = if cfg!(target_arch = "aarch64") { "avx2" } else { "neon" };
    for (args, why) in [
        (&["fly"][..], "unrecognized subcommand 'fly'"),
        (&["run"], "required"),
        (&["run", "m.imo"], "there is no PROMPT, and standard input is empty"),
        (&["ask", "--dev-account", "0"], "there is no PROMPT, and standard input is empty"),
        (&["run", "m.imo", "hi", "--raw", "--system", "x"], "cannot be used"),
        (&["run", "m.imo", "hi", "--raw", "--messages", "-"], "cannot be used"),
        (&["run", "m.imo", "--messages", "-", "--prompt-ids", "1"], "cannot be used"),
        (&["run", "m.imo", "hi", "--tokens", "0"], "--tokens"),
        (&["run", "m.imo", "hi", "--threads", "0"], "--threads"),
        (&["run", "m.imo", "hi", "--kernels", "mmx"], "possible values: scalar, avx2"),
        (&["bench", "m.imo", "--kernels", absent], "this machine has scalar"),
        (&["run", "m.imo", "hi", "--top-k", "65"], "--top-k"),
        (&["run", "m.imo", "hi", "--top-logits", "65"], "--top-logits"),
        (&["run", "m.imo", "hi", "--temperature=-1"], "--temperature"),
        (&["run", "m.imo", "hi", "--temperature", "warm"], "not a number"),
        (&["run", "m.imo", "hi", "--top-p", "0"], "must be above 0 and at most 1"),
        (&["run", "m.imo", "hi", "--min-p", "1"], "must be at least 0 and below 1"),
        (&["run", "m.imo", "hi", "--repeat-penalty", "0.9"], "must be between 1 and 65,535"),
        (&["run", "m.imo", "hi", "--stop", ""], "has 0 bytes, not 1 to 32"),
        (&["run", "m.imo", "hi", "--prompt-ids", "1"], "cannot be used"),
        (&["run", "m.imo", "--prompt-ids", "1,x"], "--prompt-ids"),
        (&["model", "bake"], "unrecognized subcommand 'bake'"),
        (&["bench", "m.imo", "--rounds", "0"], "--rounds"),
    ] {
        check_failure(args, 2, why);
    }
}

/// They fail here, since there is no chain, but not as wrong arguments do.
#[test]
fn commands_of_the_readme_are_accepted_as_they_are_written() {
    let readme = include_str!("../../../README.md");
    let lines = readme.lines().filter_map(|line| line.strip_prefix("    "));
    let (mut exported, mut count) = (Vec::new(), 0);
    for line in lines {
        if let Some((name, value)) = line.strip_prefix("export ").and_then(|it| it.split_once('='))
        {
            exported.push((name, value));
        }
        let Some(written) = line.strip_prefix("$imo ") else { continue };
        let written = written.split(" #").next().unwrap_or(written).trim_end();
        let written = written.replace("<id>", &format!("0x{}", "11".repeat(32)));
        // Within quotes, at odd places, a space is part of the argument.
        let args: Vec<_> = written
            .split('"')
            .enumerate()
            .flat_map(|(place, part)| match place % 2 {
                0 => part.split_whitespace().collect(),
                _ => vec![part],
            })
            .collect();
        let mut command = command(&args);
        command.env_remove("IMO_MODEL").envs(exported.iter().copied());
        let outcome = Outcome::of(
            command.env("IMO_RPC", "http://127.0.0.1:1").output().expect("the binary starts"),
        );
        assert_eq!(outcome.code, Some(1), "{written}: {outcome:?}");
        count += 1;
    }
    assert!(count >= 4, "{count} commands were found");
}

#[test]
fn files_that_are_not_models_are_named() {
    let folder = folder("not-models");
    let text = folder.join("notes.txt");
    fs::write(&text, "no model").expect("written");
    for (file, why) in [
        (folder.join("missing.gguf"), "missing.gguf: No such file"),
        (folder.clone(), "not a file"),
        (text, "notes.txt: neither a GGUF file nor a packed model"),
    ] {
        let file = at(&file);
        check_failure(&["run", file, "hi"], 1, why);
        check_failure(&["bench", file], 1, why);
        check_failure(&["model", "pack", file], 1, why);
        check_failure(&["model", "show", file], 1, why);
    }
}

/// Wherever a model file or an image is cut off, the command says so and leaves no image behind.
#[test]
fn cut_models_are_refused() {
    let folder = folder("cut");
    let whole = gguf(7, &TinyShape::default());
    let cut = folder.join("cut.gguf");
    let images = || {
        let files = fs::read_dir(&folder).expect("a folder").map(|file| file.expect("a file"));
        files.filter(|file| file.path() != cut).count()
    };
    for length in (0..12).map(|part| part * whole.len() / 12).chain([5, 40, whole.len() - 1]) {
        fs::write(&cut, &whole[..length]).expect("written");
        check_failure(&["run", at(&cut), "hi"], 1, "cut.gguf");
        check_failure(&["model", "pack", at(&cut)], 1, "cut.gguf");
        assert_eq!(images(), 0, "cut at {length}");
    }

    fs::write(&cut, &whole).expect("written");
    let image = folder.join("cut.imo");
    imo(&["--json", "model", "pack", at(&cut)]).object();
    let bytes = fs::read(&image).expect("the image is beside its source");
    for length in (0..12).map(|part| part * bytes.len() / 12).chain([bytes.len() - 1]) {
        fs::write(&image, &bytes[..length]).expect("written");
        check_failure(&["run", at(&image), "hi"], 1, "cut.imo");
    }
}

#[test]
fn unsupported_models_say_what_is_not_supported() {
    let folder = folder("unsupported");
    let path = tiny(&folder, &TinyShape::default());
    let mut bytes = fs::read(&path).expect("just written");
    let key = b"general.architecture";
    let found = bytes.windows(key.len()).position(|it| it == key).expect("a model file has it");
    // Skip the key, and the type and the length of its value.
    bytes[found + key.len() + 12..][..5].copy_from_slice(b"gemma");
    fs::write(&path, bytes).expect("written");
    check_failure(&["run", at(&path), "hi"], 1, "\"gemma\"");
}

#[test]
fn prompts_that_cannot_be_answered_are_refused() {
    let folder = folder("prompts");
    let model = tiny(&folder, &TinyShape::default());
    let (many, huge) = ("x".repeat(200), "x".repeat(16_385));
    for (prompt, why) in [
        (&[""][..], "the prompt is empty"),
        (&[" \n"], "the prompt is blank"),
        (&[many.as_str()], "and the model has 64 positions"),
        (&[huge.as_str()], "16385 bytes, and the program takes 16384"),
        (&["--prompt-ids", "1,268"], "no token 268"),
        (&["--prompt-ids", &vec!["1"; 65].join(",")], "65 tokens"),
    ] {
        check_failure(&[&["run", at(&model)], prompt].concat(), 1, why);
    }
}

/// `imo run --json` of a model, with this on standard input.
fn run_with_input(model: &Path, more: &[&str], input: &str) -> Outcome {
    use std::io::Write;

    let mut command = command(&[&["run", at(model), "--json"], more].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let written = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
    written.expect("it reads");
    Outcome::of(child.wait_with_output().expect("it ends"))
}

#[test]
fn a_prompt_or_messages_may_come_on_standard_input() {
    let folder = folder("input");
    let model = tiny(&folder, &TinyShape::default());
    let more = ["--tokens", "5"];
    let given = untimed(run_json(&model, &[&["the end"], &more[..]].concat()));
    for input in ["the end", "the end\n", "the end\r\n"] {
        assert_eq!(untimed(run_with_input(&model, &more, input).object()), given, "{input:?}");
    }
    let raw = untimed(run_json(&model, &[&["the end", "--raw"], &more[..]].concat()));
    let more_raw = [&["--raw"], &more[..]].concat();
    assert_eq!(untimed(run_with_input(&model, &more_raw, "the end\n").object()), raw);
    let kept = run_with_input(&model, &more, "the end\n\n").object();
    assert_ne!(kept["prompt_ids"], given["prompt_ids"], "one line break ends the text");

    // A single message of the user is a plain prompt, however it is given: the trace is the same.
    let more = ["--messages", "-", "--tokens", "5"];
    let body = r#"{"model": "m", "messages": [{"role": "user", "content": "the end"}]}"#;
    let outcome = run_with_input(&model, &more, body);
    assert_eq!(untimed(outcome.object()), given);
    let note = "note: standard input says more that is not read: model";
    assert!(outcome.stderr.contains(note), "{outcome:?}");
}

#[test]
fn a_conversation_is_given_by_system_messages_and_prompt() {
    let folder = folder("conversation");
    let model = tiny(&folder, &TinyShape::default());
    let file = folder.join("said.json");
    let write = |json: &str| fs::write(&file, json).expect("the folder can be written");
    write(
        r#"[{"role": "developer", "content": "x"}, {"role": "user", "content": "the"},
            {"role": "assistant", "content": [{"type": "text", "text": "end"}]}]"#,
    );
    let whole = run_json(&model, &["--messages", at(&file), "and", "--tokens", "4"]);
    // The template begins the system message and what the user says with a token.
    let ids = numbers(&whole["prompt_ids"]);
    let starts = ids.iter().filter(|id| **id == ids[0]).count();
    assert_eq!(starts, 3, "{ids:?}");
    write(
        r#"[{"role": "user", "content": "the"}, {"role": "assistant", "content": "end"},
            {"role": "user", "content": "and"}]"#,
    );
    let parts = ["--messages", at(&file), "--system", "x", "--tokens", "4"];
    assert_eq!(untimed(run_json(&model, &parts)), untimed(whole));

    let fails = |more: &[&str], why: &str| {
        check_failure(&[&["run", at(&model)], more].concat(), 1, why);
    };
    let messages = ["--messages", at(&file)];
    fails(&["--messages", "absent.json", "hi"], "absent.json: No such file");
    fails(&["hi", "--system", " "], "the system message is blank");
    fails(&[&messages[..], &[" "]].concat(), "the prompt is blank");
    let long = "and ".repeat(40);
    fails(&[&messages[..], &[&long]].concat(), "the conversation is too long: ");
    write(r#"[{"role": "system", "content": "x"}]"#);
    let why = "--system is given, but --messages has a system message, too";
    fails(&[&messages[..], &["hi", "--system", "y"]].concat(), why);
    write(r#"[{"role": "tool", "content": "x"}]"#);
    fails(&messages, "said.json: messages[0]: there is no role \"tool\"");
}

/// The whole report, including the trace's root, is the same however the answer is computed.
#[test]
fn answers_do_not_depend_on_threads_kernels_or_packing() {
    let folder = folder("same");
    let model = tiny(&folder, &TinyShape::default());
    let image = folder.join("packed.imo");
    let pack = imo(&["model", "pack", at(&model), "-o", at(&image)]);
    assert_eq!(pack.code, Some(0), "{pack:?}");
    for more in [
        &["and the end", "--tokens", "20", "--top-logits", "4"][..],
        &["and the end", "--raw", "--temperature", "0.9", "--seed", "5", "--ignore-eos"],
        &["--prompt-ids", "5,6,7,260", "--tokens", "9", "--top-logits", "64"],
    ] {
        let first = untimed(run_json(&model, &[more, &["--threads", "1"]].concat()));
        assert!(!numbers(&first["generated_ids"]).is_empty(), "{first}");
        for threads in ["2", "3", "8"] {
            let more = [more, &["--threads", threads]].concat();
            assert_eq!(untimed(run_json(&model, &more)), first);
        }
        for isa in Isa::available() {
            let more = [more, &["--kernels", isa.name()]].concat();
            assert_eq!(untimed(run_json(&model, &more)), first);
        }
        assert_eq!(untimed(run_json(&image, more)), first);
    }
}

#[test]
fn a_seed_matters_only_where_there_is_a_choice() {
    let folder = folder("seeds");
    let model = tiny(&folder, &TinyShape::default());
    let ids = |more: &[&str]| {
        let more = [&["the", "--tokens", "12", "--ignore-eos"], more].concat();
        numbers(&run_json(&model, &more)["generated_ids"])
    };
    assert_eq!(ids(&["--seed", "1"]), ids(&["--seed", "2"]));
    let warm = |seed: &str| ids(&["--temperature", "2", "--seed", seed]);
    assert_ne!(warm("1"), warm("2"));
    assert_eq!(warm("2"), warm("2"));
    assert_eq!(ids(&["--temperature", "2", "--top-k", "1"]), ids(&[]));
}

#[test]
fn a_stop_sequence_is_neither_streamed_nor_answered() {
    let folder = folder("stops");
    let model = tiny(&folder, &TinyShape::default());
    let more = &["the end", "--raw", "--tokens", "12", "--ignore-eos"][..];
    let whole = run_json(&model, more);
    let text = whole["text"].as_str().expect("a text");
    // Take a whole character, which can be an argument.
    let stop = text.chars().skip(2).find(|it| it.is_ascii_graphic()).expect("a letter").to_string();
    let stopped = run_json(&model, &[more, &["--stop", "never said", "--stop", &stop]].concat());
    let kept = &text[..text.find(&stop).expect("it is there")];
    assert_eq!((stopped["text"].as_str(), &stopped["stop"]), (Some(kept), &"stop-sequence".into()));
    let streamed = imo(&[&["run", at(&model)], more, &["--stop", &stop]].concat());
    assert_eq!(streamed.stdout, format!("{kept}\n"), "{streamed:?}");
    let many = [&["run", at(&model)], more, &["--stop", "x"].repeat(5)].concat();
    check_failure(&many, 1, "--stop is given 5 times; at most 4 are allowed");
}

#[test]
fn top_p_min_p_and_the_penalty_change_what_is_said() {
    let folder = folder("options");
    let model = tiny(&folder, &TinyShape::default());
    let ids = |more: &[&str]| {
        let more = [&["the", "--tokens", "12", "--ignore-eos", "--temperature", "2"], more];
        numbers(&run_json(&model, &more.concat())["generated_ids"])
    };
    let greedy = ids(&["--top-k", "1"]);
    assert_ne!(ids(&[]), greedy);
    assert_eq!(ids(&["--top-p", "0.00001"]), greedy);
    assert_eq!(ids(&["--min-p", "0.99999"]), greedy);
    assert_ne!(ids(&["--repeat-penalty", "1.5"]), ids(&[]));
    assert_eq!(ids(&["--top-p", "1", "--min-p", "0", "--repeat-penalty", "1"]), ids(&[]));
}

#[test]
fn reports_have_ids_text_logits_root_and_timings() {
    let folder = folder("shape");
    let model = tiny(&folder, &TinyShape::default());
    let report = run_json(&model, &["the end", "--tokens", "7", "--top-logits", "3"]);
    let mut keys: Vec<_> = report.as_object().expect("an object").keys().collect();
    keys.sort();
    let expected = [
        "content_id",
        "generated_ids",
        "prompt_ids",
        "provable",
        "stop",
        "text",
        "timings",
        "top_logits",
        "trace_root",
    ];
    assert_eq!(keys, expected);

    let (prompt, generated) = (&report["prompt_ids"], &report["generated_ids"]);
    let (prompt, generated) = (numbers(prompt), numbers(generated));
    assert!(prompt.iter().chain(&generated).all(|id| *id < u64::from(VOCAB)), "{report}");
    let ended = generated.last() == Some(&u64::from(END));
    assert!(generated.len() == 7 || ended && generated.len() < 7, "{report}");
    assert_eq!(report["stop"], if ended { "end-of-sequence" } else { "length" });
    assert_eq!(report["provable"], true);
    for hash in ["content_id", "trace_root"] {
        let hash = report[hash].as_str().expect("a text");
        assert!(hash.len() == 66 && hash.starts_with("0x"), "{hash}");
    }
    let timings = &report["timings"];
    assert_eq!(timings["prompt_tokens"], prompt.len());
    assert_eq!(timings["generated_tokens"], generated.len());
    assert!(timings["prompt_s"].as_f64().is_some_and(|seconds| seconds > 0.0), "{timings}");

    let logits = report["top_logits"].as_array().expect("a list");
    assert_eq!(logits.len(), generated.len());
    for (best, id) in logits.iter().zip(&generated) {
        let pair = |at: usize| (best[at][0].as_u64(), best[at][1].as_f64().expect("a logit"));
        assert_eq!(best.as_array().map(Vec::len), Some(3));
        assert_eq!(pair(0).0, Some(*id), "greedy takes the best");
        assert!(pair(0).1 >= pair(1).1 && pair(1).1 >= pair(2).1, "{best}");
    }
}

#[test]
fn only_the_answer_goes_to_standard_output() {
    let folder = folder("streamed");
    let model = tiny(&folder, &TinyShape::default());
    let more = ["the end", "--tokens", "30", "--temperature", "3"];
    let report = run_json(&model, &more);
    let outcome = imo(&[&["run", at(&model)], &more[..]].concat());
    let text = report["text"].as_str().expect("a text");
    assert!(!text.is_empty(), "{report}");
    assert_eq!(outcome.stdout, format!("{}\n", harmless(text)));
    assert!(outcome.stderr.contains("tokens read at"), "{outcome:?}");
}

/// A model may say anything, and a terminal obeys what it is told.
#[test]
fn an_answer_reaches_people_without_control_characters_and_programs_whole() {
    let folder = folder("control");
    let model = tiny(&folder, &TinyShape::default());
    let more = ["the end", "--tokens", "60", "--ignore-eos", "--temperature", "100"];
    let outcome = imo(&[&["run", at(&model), "--json"], &more[..]].concat());
    assert!(!outcome.stdout.contains(is_obeyed), "{outcome:?}");
    let report = outcome.object();
    let text = report["text"].as_str().expect("a text");
    assert!(text.contains(is_obeyed), "an answer that tries: {text:?}");
    let streamed = imo(&[&["run", at(&model)], &more[..]].concat());
    assert_eq!(streamed.stdout, format!("{}\n", harmless(text)));
}

fn is_obeyed(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\n' | '\t')
}

/// A text as people get it.
fn harmless(text: &str) -> String {
    text.replace(is_obeyed, "\u{fffd}")
}

/// Commands that print without a model: help, a script, rows.
const PRINTING: [&[&str]; 3] = [&["--help"], &["completions", "bash"], &["model", "show"]];

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let folder = folder("full");
    let (model, image) = (tiny(&folder, &TinyShape::smallest()), folder.join("tiny.imo"));
    assert_eq!(imo(&["model", "pack", at(&model)]).code, Some(0));
    for args in PRINTING {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
        let image = args.contains(&"show").then_some(&image);
        let output = command(args).args(image).stdout(full).output().expect("the binary starts");
        let outcome = Outcome::of(output);
        assert_eq!(outcome.code, Some(1), "{args:?}: {outcome:?}");
        let why = "error: cannot write to standard output: No space left on device";
        assert!(outcome.stderr.contains(why), "{args:?}: {outcome:?}");
    }
}

/// As after `| head`: the reader has enough, which is no reason to complain.
#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_ends_a_command_quietly() {
    let folder = folder("closed");
    let (model, image) = (tiny(&folder, &TinyShape::smallest()), folder.join("tiny.imo"));
    assert_eq!(imo(&["model", "pack", at(&model)]).code, Some(0));
    for args in PRINTING {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let image = args.contains(&"show").then_some(&image);
        let output = command(args).args(image).stdout(writer).output().expect("the binary starts");
        let outcome = Outcome::of(output);
        assert_eq!((outcome.code, &outcome.stderr[..]), (Some(141), ""), "{args:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_name_need_not_be_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let folder = folder("names");
    let odd = folder.join(OsStr::from_bytes(b"tin\xff.gguf"));
    if fs::rename(tiny(&folder, &TinyShape::smallest()), &odd).is_err() {
        return; // a file system on which all names are text
    }
    for args in [&["model", "pack"][..], &["model", "show"]] {
        let file = odd.with_extension(if args.contains(&"show") { "imo" } else { "gguf" });
        let output = command(args).arg(file).arg("--json").output().expect("the binary starts");
        let report = Outcome::of(output).object();
        let image = report["image"].as_str().expect("a text");
        assert!(image.ends_with("tin\u{fffd}.imo"), "{report}");
    }
}

#[test]
fn a_run_that_skips_or_ignores_something_is_not_provable() {
    let folder = folder("provable");
    let model = tiny(&folder, &TinyShape::default());
    let plain = run_json(&model, &["the", "--tokens", "3"]);
    let ids = numbers(&plain["prompt_ids"]).iter().map(u64::to_string).collect::<Vec<_>>();
    let same = run_json(&model, &["--prompt-ids", &ids.join(","), "--tokens", "3"]);
    assert_eq!(same["generated_ids"], plain["generated_ids"]);
    assert_eq!((&plain["provable"], &same["provable"]), (&true.into(), &false.into()));
    let on = run_json(&model, &["the", "--tokens", "1000", "--ignore-eos"]);
    assert_eq!((&on["provable"], &on["stop"]), (&false.into(), &"context".into()));
}

#[test]
fn packing_gives_the_same_image_and_ids_every_time() {
    let folder = folder("packing");
    let model = tiny(&folder, &TinyShape { kind: 0, ..TinyShape::default() });
    let pack = |name: &str| {
        let image = folder.join(name);
        let report = imo(&["--json", "model", "pack", at(&model), "-o", at(&image)]).object();
        (report, fs::read(image).expect("the image is where it should be"))
    };
    let ((first, image), (second, again)) = (pack("one.imo"), pack("two.imo"));
    assert!(image == again, "two images of one file");
    assert_eq!(first["content_id"], second["content_id"]);
    assert_eq!(first["image_bytes"], image.len());
    let rounding = first["rounding"].as_f64().expect("a number");
    assert!(
        rounding > 0.0 && rounding < 1e-4,
        "binary32 weights are rounded, a little: {rounding}"
    );

    let one = folder.join("one.imo");
    let shown = imo(&["--json", "model", "show", at(&one)]).object();
    for key in ["content_id", "image_root", "image_bytes"] {
        assert_eq!(shown[key], first[key], "{key}");
    }
    let TinyShape { layers, dim, context, .. } = TinyShape::default();
    for (key, number) in [("layers", layers), ("dim", dim), ("context", context)] {
        assert_eq!(shown[key], number, "{key}");
    }
    assert_eq!(run_json(&one, &["the"])["content_id"], first["content_id"]);
    let takes = "messages of system, user and assistant in any order";
    assert_eq!((&shown["conversations"], &shown["input_limit"]), (&takes.into(), &16_384.into()));

    let long = folder.join("long.imo");
    let packed = imo(&["--json", "model", "pack", "--long", at(&model), "-o", at(&long)]).object();
    assert_ne!(packed["content_id"], first["content_id"]);
    assert_eq!(
        (&packed["program"], &packed["conversations"]),
        (&"text-long".into(), &takes.into())
    );
    let shown = imo(&["--json", "model", "show", at(&long)]).object();
    assert_eq!((&shown["program"], &shown["input_limit"]), (&"text-long".into(), &131_072.into()));
    let huge = "x".repeat(20_000);
    check_failure(&["run", at(&one), &huge], 1, "20000 bytes, and the program takes 16384");
    check_failure(&["run", at(&long), &huge], 1, "and the model has 64 positions");

    let notes = folder.join("notes.txt");
    fs::write(&notes, "keep me").expect("written");
    let why = "notes.txt: exists and is not a packed model";
    check_failure(&["model", "pack", at(&model), "-o", at(&notes)], 1, why);
    assert_eq!(fs::read_to_string(&notes).expect("it is there"), "keep me");
}

/// An image made on first use is used again, replaced if it is broken, and never mistaken for
/// another model's.
#[test]
fn a_cached_image_is_whole_and_belongs_to_its_source() {
    let folder = folder("cached");
    let cache = folder.join("a").join("b");
    let model = tiny(&folder, &TinyShape::default());
    let more = ["the end", "--tokens", "5", "--cache", at(&cache)];
    let images = || {
        let files = fs::read_dir(&cache).expect("a folder").map(|file| file.expect("a file"));
        let images =
            files.map(|file| file.path()).filter(|it| it.extension() == Some("imo".as_ref()));
        images.collect::<Vec<_>>()
    };

    // Several commands at once, on an empty cache.
    let args = [&["run", at(&model), "--json"], &more[..]].concat();
    let start = || command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let children: Vec<_> = (0..4).map(|_| start().expect("the binary starts")).collect();
    let ended = children.into_iter().map(|child| child.wait_with_output().expect("it ends"));
    let reports: Vec<_> = ended.map(|output| untimed(Outcome::of(output).object())).collect();
    assert!(reports.iter().all(|report| *report == reports[0]), "{reports:?}");
    let [image] = &images()[..] else { panic!("one image, not {:?}", images()) };

    let written = || fs::metadata(image).and_then(|it| it.modified()).expect("it is there");
    let before = written();
    assert_eq!(untimed(run_json(&model, &more)), reports[0]);
    assert_eq!(written(), before, "packed once");

    let bytes = fs::read(image).expect("it is there");
    fs::write(image, &bytes[..bytes.len() / 2]).expect("written");
    assert_eq!(untimed(run_json(&model, &more)), reports[0]);
    assert!(fs::read(image).expect("it is there") == bytes, "packed anew");

    fs::write(&model, gguf(8, &TinyShape::default())).expect("written");
    let other = untimed(run_json(&model, &more));
    assert_ne!(other["content_id"], reports[0]["content_id"]);
    assert_eq!(images().len(), 2);
}

/// Ctrl-C ends an answer after the current token, and keeps all that was generated until then.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_an_answer_early() {
    use std::io::Read;

    let folder = folder("interrupted");
    let model = tiny(&folder, &TinyShape { context: 1 << 15, ..TinyShape::default() });
    let model = at(&model);
    let args = ["run", model, "the", "--tokens", "30000", "--ignore-eos", "--temperature", "3"];
    let mut child = command(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut first = [0];
    child.stdout.as_mut().expect("piped").read_exact(&mut first).expect("an answer begins");
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("there is a kill").success());
    let outcome = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    assert_eq!(outcome.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("interrupted: "), "{stderr}");
    assert_eq!(outcome.stdout.last(), Some(&b'\n'), "the line is ended");
}

#[test]
fn bench_measures_engine_and_machine() {
    let folder = folder("bench");
    let model = tiny(&folder, &TinyShape::default());
    let args = [
        "bench",
        at(&model),
        "--rounds",
        "2",
        "--threads",
        "1",
        "--kernels",
        "scalar",
        "--prompt",
        "24",
        "--tokens",
        "16",
    ];
    let report = imo(&[&args[..], &["--json"]].concat()).object();
    assert_eq!(report["instructions"], "scalar");
    for path in [
        "/committed/prompt_tokens_per_s",
        "/committed/decode_tokens_per_s",
        "/uncommitted/prompt_tokens_per_s",
        "/uncommitted/decode_tokens_per_s",
        "/root_s",
        "/machine/steps_per_s",
        "/machine/plain_steps_per_s",
        "/machine/image_bytes_per_s",
    ] {
        let number = report.pointer(path).and_then(Value::as_f64);
        assert!(number.is_some_and(|number| number > 0.0), "{path}: {report}");
    }
    // A layer takes the most steps, choosing among candidates the fewest.
    let steps = |node: &str| report["machine"][node].as_u64().expect("steps");
    assert!(steps("layer_steps") > steps("head_steps"), "{report}");
    assert!(steps("sampler_steps") > 100, "{report}");
    let again = imo(&[&args[..], &["--json"]].concat()).object();
    assert_eq!(again["machine"]["layer_steps"], report["machine"]["layer_steps"]);

    let outcome = imo(&args);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.contains("steps/s"), "{outcome:?}");
}

/// The demo model, run through the binary, gives the reference's tokens, as long as the unquantised
/// model clearly prefers them.
#[test]
fn the_demo_model_answers_as_the_reference_does() {
    let model = std::env::var_os("IMO_MODEL").map(PathBuf::from);
    let model = model
        .expect("IMO_MODEL names the demo model's GGUF file; `make test` fetches it and sets it");
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/smollm2.json");
    let vectors = fs::read_to_string(vectors).expect("the vectors are in the tree");
    let vectors: Value = serde_json::from_str(&vectors).expect("JSON");
    let item = |name: &str| {
        let items = vectors["items"].as_array().expect("a list");
        items.iter().find(|item| item["name"] == name).expect("an item").clone()
    };
    let cache = folder("demo-model");
    let text = item("raw0")["text"].as_str().expect("a text").to_owned();
    let more = ["--cache", at(&cache), "--tokens", "64", "--ignore-eos"];
    for (name, raw) in [("raw0", &["--raw"][..]), ("chat0", &[])] {
        let item = item(name);
        let report = run_json(&model, &[&[text.as_str()], raw, &more].concat());
        assert_eq!(report["prompt_ids"], item["prompt_ids"], "{name}");
        let margins = item["ideal_f32_margins"].as_array().expect("a list");
        let sure = margins.iter().position(|it| it.as_f64().is_none_or(|margin| margin < 0.1));
        let sure = sure.unwrap_or(margins.len());
        assert!(sure > 3, "{name}: a comparison worth the name");
        let (ours, ideal) =
            (numbers(&report["generated_ids"]), numbers(&item["ideal_f32_gen_ids"]));
        assert_eq!(ours[..sure], ideal[..sure], "{name}");
    }
}
