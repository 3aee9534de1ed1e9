use std::sync::{Arc, Mutex};

use imo_chain::contracts::InferenceOracle::Order;
use imo_chain::contracts::OpmlVerifier::{Challenged, ClaimPreimage, Moved, Resolved};
use imo_chain::primitives::{Log, Uint};
use imo_chain::{ClaimState, Client, Deployment, GasPrice, RequestState, Signer, SolEvent};
use imo_dispute::Side;
use imo_engine::Means;
use imo_model::ModelImage;
use imo_pack::pack_bytes;
use imo_pack::tiny::{TinyShape, gguf};
use imo_player::PlayerError;
use tokio::net::TcpListener;
use tokio::task::block_in_place;

use super::*;
use crate::funds::Stakes;
use crate::memory::Verdict;

const ME: Address = Address::repeat_byte(1);
const OTHER: Address = Address::repeat_byte(2);
const VERIFIER: Address = Address::repeat_byte(3);
const REQUEST: U256 = U256::ONE;
const CLAIM: B256 = B256::repeat_byte(4);
const WRONG: B256 = B256::repeat_byte(9);
const DEVELOPMENT_CHAIN: u64 = 31_337;
const ETHER: u128 = 10_u128.pow(18);

/// A judge with a tiny model, and that model's content id.
fn judge(roles: &[Role]) -> (Judge, B256) {
    judge_on(1, roles, None)
}

/// The same on another chain, and with a fault.
fn judge_on(chain_id: u64, roles: &[Role], fault: Option<Fault>) -> (Judge, B256) {
    let (image, _) = pack_bytes(&gguf(1, &TinyShape::default()), |_, _| ()).expect("supported");
    let model = Model::new(ModelImage::from_bytes(image).expect("sound")).expect("a program");
    let content_id = model.content_id().into();
    let signer = Signer::development(0).expect("a development account");
    let client = Client::connect("http://127.0.0.1:1", signer).expect("an address");
    let judge = Judge {
        mine: Mine { account: ME, defends: Vec::new() },
        roles: roles.to_vec(),
        serves: Vec::new(),
        rehearsal: Rehearsal::default(),
        k_log2: 4,
        solver: Solver::new(vec![model], Means::detect(1), fault),
        sources: Sources::new(client, None, chain_id),
        traces: Traces::default(),
        report: Report::new(|_| ()),
        memory: Memory::default(),
    };
    (judge, content_id)
}

/// Has a judge's events written down, as text.
fn listen(judge: &mut Judge) -> Arc<Mutex<Vec<String>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    judge.report = Report::new(move |it| ear.lock().expect("no panic").push(it.to_string()));
    heard
}

/// A chain with one open request for a model.
fn view(content_id: B256) -> View {
    let nobody = Address::ZERO;
    let mut view = View::new(Deployment {
        chain_id: 1,
        block: 0,
        stepper: nobody,
        verifier: VERIFIER,
        registry: nobody,
        oracle: nobody,
        factory: nobody,
        offering: nobody,
    });
    ask(&mut view, 1, content_id);
    view
}

/// Adds an open request that pays well.
fn ask(view: &mut View, id: u64, content_id: B256) {
    let mut order = Order::default();
    let terms = &mut order.terms;
    (terms.contentId, terms.verifier) = (content_id, VERIFIER);
    (terms.gasPrice, terms.fee, terms.operatorBps) = (10, ETHER, 3_000);
    terms.expiry = Uint::from(1_000);
    (order.request.id, order.request.maxUnits) = (U256::from(id), 2);
    let input = b"the end".to_vec().into();
    let (state, claims) = (RequestState::Open, Vec::new());
    let request = RequestView { order, input, state, deadline: 1_000, claims };
    view.requests.insert(U256::from(id), request);
}

/// Adds a claim on the first request, whose window ends at second 10.
fn claim(view: &mut View, claimant: Address, content_id: B256, trace_root: B256) {
    claim_as(view, CLAIM, claimant, content_id, trace_root);
}

fn claim_as(view: &mut View, id: B256, claimant: Address, content_id: B256, trace_root: B256) {
    let preimage = ClaimPreimage {
        host: Address::ZERO,
        requestDigest: B256::ZERO,
        contentId: content_id,
        claimant,
        outputDigest: B256::ZERO,
        delegate: Address::ZERO,
        traceRoot: trace_root,
    };
    let claim = ClaimView {
        id,
        request: Some(REQUEST),
        transaction: B256::ZERO,
        preimage,
        trace_uri: String::new(),
        bond: U256::ZERO,
        window_end: 10,
        answer: Default::default(),
        units_used: 1,
        state: ClaimState::Pending,
        input_root: None,
        dropped: false,
        games: Vec::new(),
    };
    view.claims.insert(id, claim);
    view.requests.get_mut(&REQUEST).expect("it was added").claims.push(id);
}

fn change(view: &mut View, id: B256, change: impl FnOnce(&mut ClaimView)) {
    change(view.claims.get_mut(&id).expect("it was added"));
}

/// An account with ether enough, while gas costs a wei.
fn rich() -> Purse {
    Purse {
        balance: U256::from(1_000 * ETHER),
        price: GasPrice { base_fee: U256::ONE, tip: U256::ZERO },
        stakes: Stakes {
            claim: U256::from(4 * ETHER / 10),
            challenge: U256::from(ETHER / 10),
            defence_gas: U256::from(1_000_000),
        },
    }
}

/// What the judge does next, after it has computed what it had to.
fn next(judge: &mut Judge, view: &View) -> Option<Action> {
    next_with(judge, view, &rich())
}

fn next_with(judge: &mut Judge, view: &View, purse: &Purse) -> Option<Action> {
    loop {
        match judge.next(view, purse) {
            Next::Do(action) => return Some(action),
            Next::Again => {}
            Next::Wait => return None,
        }
    }
}

/// The root that a claimant should claim.
fn true_root(judge: &mut Judge, view: &View, content_id: B256, claimant: Address) -> B256 {
    let solution = judge.solve(view, content_id, &view.requests[&REQUEST], claimant);
    solution.expect("the model can be run").root().into()
}

fn challenges(action: Option<&Action>, id: B256) -> bool {
    matches!(action, Some(Action::Challenge { claim, .. }) if *claim == id)
}

#[test]
fn an_operator_answers_and_serves_the_trace_once_its_claim_is_in_a_block() {
    let (mut judge, content_id) = judge(&[Role::Operator]);
    let mut view = view(content_id);
    let action = next(&mut judge, &view).expect("a request is open");
    assert!(matches!(action, Action::Claim { request: REQUEST }), "{action:?}");
    let root = judge.answer(&view, REQUEST).expect("it can be answered").root();
    assert!(next(&mut judge, &view).is_some(), "it is still to be sent");
    assert!(!judge.traces.has(&root), "whoever sees it before the claim can copy it");
    claim(&mut view, ME, content_id, root.into());
    assert!(next(&mut judge, &view).is_none(), "the answer is claimed");
    assert!(judge.traces.has(&root));

    // After a restart the trace is computed again.
    judge.traces.retain(|_| false);
    assert!(next(&mut judge, &view).is_none());
    assert!(judge.traces.has(&root));
}

#[test]
fn another_trace_than_the_claimed_one_is_not_served_and_is_told() {
    let (mut judge, content_id) = judge(&[Role::Operator]);
    let heard = listen(&mut judge);
    let mut view = view(content_id);
    claim(&mut view, ME, content_id, WRONG);
    assert!(next(&mut judge, &view).is_none());
    let heard = heard.lock().expect("no panic");
    assert!(heard.len() == 1 && heard[0].contains("I claimed another trace"), "{heard:?}");
}

#[test]
fn an_action_that_failed_rests() {
    let (mut judge, content_id) = judge(&[Role::Operator]);
    let view = view(content_id);
    let action = next(&mut judge, &view).expect("a request is open");
    judge.shelve(action.task());
    assert!(next(&mut judge, &view).is_none());
}

#[test]
fn a_right_claim_is_left_alone_and_a_wrong_one_challenged_before_it_is_answered() {
    let (mut judge, content_id) = judge(&[Role::Operator, Role::Challenger]);
    let open = view(content_id);
    let root = true_root(&mut judge, &open, content_id, OTHER);

    let mut right = open.clone();
    claim(&mut right, OTHER, content_id, root);
    assert!(next(&mut judge, &right).is_none());

    judge.memory = Memory::default();
    let mut wrong = open;
    claim(&mut wrong, OTHER, content_id, WRONG);
    let challenge = next(&mut judge, &wrong).expect("the claim is wrong");
    let is_withheld = matches!(challenge, Action::Challenge { claim: CLAIM, difference: None });
    assert!(is_withheld, "{challenge:?}");
    judge.shelve(challenge.task());
    let answer = next(&mut judge, &wrong).expect("a right answer is still to be given");
    assert!(matches!(answer, Action::Claim { request: REQUEST }), "{answer:?}");
}

#[test]
fn requests_of_other_verifiers_and_unknown_models_are_not_answered() {
    let (mut judge, content_id) = judge(&[Role::Operator]);
    let mut foreign = view(content_id);
    let request = foreign.requests.get_mut(&REQUEST).expect("it was added");
    request.order.terms.verifier = OTHER;
    assert!(next(&mut judge, &foreign).is_none());
    assert!(next(&mut judge, &view(B256::ZERO)).is_none());
}

/// Otherwise an operator whose turn it is would lose a part of its stake.
#[test]
fn a_request_that_nobody_can_read_is_answered() {
    let (mut judge, content_id) = judge(&[Role::Operator]);
    let mut view = view(content_id);
    let request = view.requests.get_mut(&REQUEST).expect("it was added");
    request.order.request.parameters = B256::repeat_byte(0xff);
    let action = next(&mut judge, &view);
    assert!(matches!(action, Some(Action::Claim { request: REQUEST })), "{action:?}");
    let solution = judge.answer(&view, REQUEST).expect("engine and machine agree");
    assert_eq!(solution.answer, b"error: the program cannot read the request's parameters");
    assert_eq!(solution.units_used, 0);
}

#[test]
fn no_field_that_a_stranger_writes_makes_a_claim_mine() {
    let (mut judge, content_id) = judge(&[Role::Challenger]);
    let mut view = view(content_id);
    claim(&mut view, OTHER, content_id, WRONG);
    change(&mut view, CLAIM, |claim| claim.preimage.delegate = ME);
    let action = next(&mut judge, &view);
    assert!(challenges(action.as_ref(), CLAIM), "it names me as its delegate: {action:?}");
    // Only a claimant whom I was told to defend is spared.
    judge.mine.defends = vec![OTHER];
    assert!(next(&mut judge, &view).is_none());
    change(&mut view, CLAIM, |claim| claim.preimage.delegate = Address::ZERO);
    let action = next(&mut judge, &view);
    assert!(challenges(action.as_ref(), CLAIM), "without a delegate, I cannot defend it");

    // Any contract may submit a claim in my name. It costs me no reserve and no inference.
    let (mut judge, content_id) = self::judge(&[Role::Operator]);
    change(&mut view, CLAIM, |claim| {
        (claim.preimage.claimant, claim.preimage.host) = (ME, OTHER);
        claim.request = None;
    });
    view.requests.clear();
    assert!(rich().reserve(&view, &judge.mine).is_zero());
    assert!(next(&mut judge, &view).is_none());
    assert!(!judge.traces.has(&WRONG.0) && content_id != B256::ZERO);
}

/// A server that is down may be up again in a minute.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_asked_again_before_its_claim_is_challenged() {
    let (mut judge, content_id) = judge_on(DEVELOPMENT_CHAIN, &[Role::Challenger], None);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let visits = Arc::new(Mutex::new(0));
    let count = Arc::clone(&visits);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            *count.lock().expect("no panic") += 1;
        }
    });
    let mut view = view(content_id);
    claim(&mut view, OTHER, content_id, WRONG);
    change(&mut view, CLAIM, |claim| {
        (claim.trace_uri, claim.window_end) = (format!("http://{address}"), 1_000);
    });
    for (time, visited) in [(0, 1), (11, 1), (12, 2), (20, 2), (749, 3)] {
        view.time = time;
        let action = block_in_place(|| next(&mut judge, &view));
        assert!(action.is_none(), "at {time}: {action:?}");
        // A visit is counted a moment after the visitor has given up.
        let count = || *visits.lock().expect("no panic");
        for _ in 0..500 {
            if count() < visited {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        }
        assert_eq!(count(), visited, "at {time}");
    }
    // A quarter of the window is left: enough for the challenge to get into a block.
    view.time = 750;
    let action = block_in_place(|| next(&mut judge, &view));
    assert!(matches!(action, Some(Action::Challenge { difference: None, .. })), "{action:?}");
}

/// A claim's address may lead to what only this node can reach.
#[tokio::test(flavor = "multi_thread")]
async fn outside_development_chains_nobody_is_asked_at_a_private_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let (mut judge, content_id) = judge(&[Role::Challenger]);
    let mut view = view(content_id);
    claim(&mut view, OTHER, content_id, WRONG);
    for uri in [format!("http://{address}"), format!("https://localhost:{}", address.port())] {
        judge.memory = Memory::default();
        change(&mut view, CLAIM, |claim| claim.trace_uri = uri);
        let _ = block_in_place(|| next(&mut judge, &view));
    }
    let visit = tokio::time::timeout(std::time::Duration::from_millis(200), listener.accept());
    assert!(visit.await.is_err(), "nobody came");
}

#[test]
fn what_fails_is_skipped_and_the_rest_goes_on() {
    let (mut judge, content_id) = judge(&[Role::Operator, Role::Challenger]);
    let heard = listen(&mut judge);
    let mut view = view(content_id);
    ask(&mut view, 2, content_id);
    // The trace of this claim cannot be served, as nobody can compute it.
    claim(&mut view, ME, content_id, WRONG);
    for _ in 0..3 {
        let action = next(&mut judge, &view);
        assert!(matches!(action, Some(Action::Claim { request }) if request == U256::from(2)));
    }
    let heard = heard.lock().expect("no panic");
    assert!(heard.len() == 1 && heard[0].contains("another trace"), "{heard:?}");
}

#[test]
fn nothing_is_opened_that_leaves_no_ether_for_gas() {
    let (mut judge, content_id) = judge(&[Role::Operator]);
    let heard = listen(&mut judge);
    let view = view(content_id);
    let poor = Purse { balance: U256::from(4 * ETHER / 10), ..rich() };
    for _ in 0..2 {
        assert!(next_with(&mut judge, &view, &poor).is_none(), "the bond is all there is");
    }
    assert!(next(&mut judge, &view).is_some());
    let heard = heard.lock().expect("no panic");
    assert!(heard.len() == 1 && heard[0].starts_with("an answer is put off: "), "{heard:?}");
}

#[test]
fn what_pays_nothing_is_not_served_unless_its_owner_wishes() {
    let (mut judge, content_id) = judge(&[Role::Operator]);
    let heard = listen(&mut judge);
    let mut view = view(content_id);
    let request = view.requests.get_mut(&REQUEST).expect("it was added");
    request.order.terms.operatorBps = 0;
    assert!(next(&mut judge, &view).is_none());
    assert!(next(&mut judge, &view).is_none());
    assert_eq!(heard.lock().expect("no panic").len(), 1, "it is said once");
    judge.serves = vec![B256::ZERO];
    assert!(next(&mut judge, &view).is_some());
    // An answer that its request's gas price does not cover waits for cheaper gas.
    judge.serves = Vec::new();
    let request = view.requests.get_mut(&REQUEST).expect("it was added");
    (request.order.terms.operatorBps, request.order.terms.fee) = (3_000, 100_000_000);
    let dear = GasPrice { base_fee: U256::from(1_000), tip: U256::ZERO };
    assert!(next_with(&mut judge, &view, &Purse { price: dear, ..rich() }).is_none());
    assert!(next(&mut judge, &view).is_some());
}

/// A hundred claimants of one answer take one inference, and the lie among them is found in the
/// order of windows.
#[test]
fn a_flood_of_right_claims_hides_no_lie() {
    let (mut judge, content_id) = judge(&[Role::Challenger]);
    let mut view = view(content_id);
    for number in 10..110 {
        let claimant = Address::repeat_byte(number);
        let root = true_root(&mut judge, &view, content_id, claimant);
        let id = B256::repeat_byte(number);
        claim_as(&mut view, id, claimant, content_id, root);
        change(&mut view, id, |claim| claim.window_end = 1_000 + u64::from(number));
    }
    let lie = B256::repeat_byte(200);
    claim_as(&mut view, lie, OTHER, content_id, WRONG);
    change(&mut view, lie, |claim| claim.window_end = 1_010);
    // Between two verdicts the chain is looked at, since a game may wait for a move.
    let mut verdicts = 0;
    while matches!(judge.next(&view, &rich()), Next::Again) {
        verdicts += 1;
        assert_eq!(judge.memory.verdicts.len(), verdicts);
    }
    assert_eq!(verdicts, 2, "one window ends before that of the lie");
    assert!(challenges(next(&mut judge, &view).as_ref(), lie));
}

#[test]
fn a_backlog_of_requests_does_not_starve_finality() {
    let (mut judge, content_id) = judge(&[Role::Operator, Role::Challenger]);
    let mut view = view(content_id);
    for id in 2..10 {
        ask(&mut view, id, content_id);
    }
    claim(&mut view, ME, content_id, WRONG);
    view.time = 11;
    let done: Vec<_> = (0..8).filter_map(|_| next(&mut judge, &view)).collect();
    let answers = done.iter().filter(|it| matches!(it, Action::Claim { .. })).count();
    let ends = done.iter().filter(|it| matches!(it, Action::Finalize { .. })).count();
    assert_eq!((answers, ends), (6, 2), "{done:?}");
}

/// Adds a game of mine against the claim that I lost like this: 0 by an instruction, 1 by giving
/// up, 2 by time.
fn lose(view: &mut View, ending: u8) {
    let game = B256::repeat_byte(ending + 50);
    let opened = Challenged {
        claim: CLAIM,
        game,
        challenger: ME,
        salt: 0,
        bond: U256::ONE,
        digest: B256::ZERO,
        siblings: Vec::new(),
    };
    view.take(&Log { address: VERIFIER, data: opened.encode_log_data() }, B256::ZERO);
    let resolved = Resolved { claim: CLAIM, game, winner: 0, ending };
    view.take(&Log { address: VERIFIER, data: resolved.encode_log_data() }, B256::ZERO);
    let ended = view.games[&game].ending.expect("it is over");
    assert_eq!(ended.1, Some(Side::Claimant));
}

#[test]
fn a_game_lost_by_time_does_not_end_the_watching() {
    let (mut judge, content_id) = judge(&[Role::Challenger]);
    let heard = listen(&mut judge);
    let mut view = view(content_id);
    claim(&mut view, OTHER, content_id, WRONG);
    lose(&mut view, 2);
    assert!(challenges(next(&mut judge, &view).as_ref(), CLAIM));
    view.time = 11;
    assert!(next(&mut judge, &view).is_none(), "its window is over");
    // Whoever gave up knew why.
    view.time = 0;
    let mut conceded = view.clone();
    lose(&mut conceded, 1);
    assert!(next(&mut judge, &conceded).is_none());
    // A challenger whom the contract convicted is wrong, or has found a bug.
    lose(&mut view, 0);
    assert!(next(&mut judge, &view).is_none());
    assert!(next(&mut judge, &view).is_none());
    let heard = heard.lock().expect("no panic");
    assert!(heard.len() == 1 && heard[0].contains("which is a bug"), "{heard:?}");
}

#[test]
fn a_fault_that_is_not_in_the_trace_is_told() {
    for (index, bit, told) in [(1 << 20, 0, 1), (0, u32::MAX, 1), (0, 0, 0)] {
        let fault = Some(Fault::Node { index, bit });
        let (mut judge, content_id) = judge_on(DEVELOPMENT_CHAIN, &[Role::Operator], fault);
        judge.rehearsal.lies = true;
        let heard = listen(&mut judge);
        judge.answer(&view(content_id), REQUEST).expect("it can be answered");
        let heard = heard.lock().expect("no panic");
        assert_eq!(heard.len(), told, "{index}, {bit}: {heard:?}");
        assert!(heard.iter().all(|it| it.contains("no such node or bit")), "{heard:?}");
    }
}

/// A run without an end proves nothing, neither for nor against a claim.
#[test]
fn a_claim_beyond_the_machine_is_an_alarm_and_no_verdict() {
    let (mut judge, content_id) = judge(&[Role::Operator, Role::Challenger]);
    let heard = listen(&mut judge);
    let mut view = view(content_id);
    claim(&mut view, OTHER, content_id, WRONG);
    let beyond = Err(PlayerError::BeyondMachine { node: 7 });
    let verdict = judge.conclude(&view.claims[&CLAIM], None, beyond).expect("a verdict");
    assert!(matches!(verdict, Verdict::Beyond), "{verdict:?}");
    judge.memory.verdicts.insert(CLAIM, verdict);
    assert!(next(&mut judge, &view).is_none(), "neither challenged nor answered by another");
    let heard = heard.lock().expect("no panic");
    assert!(heard.len() == 1 && heard[0].starts_with("ALARM: claim 0x0404"), "{heard:?}");
}

/// Somebody loses a right claim on purpose and posts the next one at once. A node that left that
/// one alone as well would let the request expire.
#[test]
fn after_a_right_claim_was_lost_a_node_answers_beside_the_next_one() {
    let (mut judge, content_id) = judge(&[Role::Operator]);
    let mut view = view(content_id);
    let root = true_root(&mut judge, &view, content_id, OTHER);
    claim(&mut view, OTHER, content_id, root);
    assert!(next(&mut judge, &view).is_none(), "a right claim stands");
    for (lost, answers) in [(B256::repeat_byte(9), false), (root, true)] {
        let mut view = view.clone();
        let id = B256::repeat_byte(5 + u8::from(answers));
        claim_as(&mut view, id, OTHER, content_id, lost);
        view.claims.get_mut(&id).expect("it was added").state = ClaimState::Rejected;
        let action = next(&mut judge, &view);
        assert_eq!(matches!(action, Some(Action::Claim { .. })), answers, "{action:?}");
    }
}

/// A claim that is lost after the deadline: the oracle learns of it from whoever would answer, and
/// then the request is answered.
#[test]
fn a_request_whose_last_claim_was_lost_is_reopened_and_answered() {
    let (mut judge, content_id) = judge(&[Role::Operator]);
    let mut view = view(content_id);
    let root = true_root(&mut judge, &view, content_id, OTHER);
    claim(&mut view, OTHER, content_id, root);
    view.time = view.requests[&REQUEST].deadline + 1;
    assert!(next(&mut judge, &view).is_none(), "it may still become the answer");
    view.claims.get_mut(&CLAIM).expect("it was added").state = ClaimState::Rejected;
    let action = next(&mut judge, &view);
    assert!(matches!(action, Some(Action::DropClaim { .. })), "{action:?}");

    view.claims.get_mut(&CLAIM).expect("it was added").dropped = true;
    assert!(next(&mut judge, &view).is_none(), "the oracle knows, but its deadline has not moved");
    view.requests.get_mut(&REQUEST).expect("it was added").deadline = view.time;
    let action = next(&mut judge, &view);
    assert!(matches!(action, Some(Action::Claim { .. })), "{action:?}");
}

/// What is not known is not played: a move may concede a game that is won.
#[test]
fn a_game_of_which_a_log_is_missing_waits_for_it() {
    let (mut judge, content_id) = judge(&[Role::Operator]);
    let mut view = view(content_id);
    claim(&mut view, ME, content_id, WRONG);
    let game = B256::repeat_byte(50);
    let opened = Challenged { claim: CLAIM, game, challenger: OTHER, ..Challenged::default() };
    view.take(&Log { address: VERIFIER, data: opened.encode_log_data() }, B256::ZERO);
    for (ply, plays) in [(0_u32, true), (2, false)] {
        let mut view = view.clone();
        let (committed, levels) = (1, 4_u32 << 16);
        let moved = Moved { game, turn: U256::from(committed | levels | ply << 24) };
        view.take(&Log { address: VERIFIER, data: moved.encode_log_data() }, B256::ZERO);
        let action = judge.next_move(&view);
        assert_eq!(matches!(action, Some(Action::Play { .. })), plays, "{action:?}");
    }
}

/// Each rejected claim is looked at in a turn of its own, and once.
#[test]
fn looking_for_right_claims_that_were_lost_holds_up_no_move() {
    let (mut judge, content_id) = judge(&[Role::Operator]);
    let mut view = view(content_id);
    let root = true_root(&mut judge, &view, content_id, OTHER);
    claim(&mut view, OTHER, content_id, root);
    for id in [5, 6] {
        let id = B256::repeat_byte(id);
        claim_as(&mut view, id, OTHER, content_id, WRONG);
        view.claims.get_mut(&id).expect("it was added").state = ClaimState::Rejected;
    }
    let purse = rich();
    let turns = (0..5).map(|_| matches!(judge.next(&view, &purse), Next::Again));
    assert_eq!(turns.collect::<Vec<_>>(), [true, true, true, false, false]);
}

/// Only the first answer of a model compares a node of every kind with the machine.
#[test]
fn a_model_is_checked_whole_once() {
    let (mut judge, content_id) = judge(&[Role::Operator]);
    let view = view(content_id);
    for _ in 0..2 {
        judge.answer(&view, REQUEST).expect("engine and machine agree");
        assert_eq!(judge.memory.checked, [content_id]);
    }
}
