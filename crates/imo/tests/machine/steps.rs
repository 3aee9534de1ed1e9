//! Single steps of random machines, in three ways: fast, from the witness, and in the contract.

use arbtest::arbitrary::Unstructured;
use imo::evm::{Refused, Stepper};
use imo_vm::{BadWitness, State, check};

use crate::random::{entropy, soak};
use crate::scene::Scene;

const CASES: u64 = 20_000;

fn scene(test: &str, case: u64) -> Scene {
    let entropy = entropy(test, case);
    Scene::random(&mut Unstructured::new(&entropy)).expect("enough bytes")
}

#[test]
fn the_contract_takes_every_step_as_the_machine_does() {
    let mut stepper = Stepper::new();
    let mut seen = [0_u64; 3];
    for case in 0..CASES * soak() {
        let scene = scene("step", case);
        let (witness, before, after) = scene.proven();
        assert_eq!(scene.fast(), (before, after), "case {case}: fast and from the witness");
        stepper.store(&scene.code, scene.machine.code_depth).expect("sound pieces");
        let stepped = stepper
            .step(&scene.machine, &scene.segments().roots(), &witness)
            .unwrap_or_else(|refused| panic!("case {case}: {refused}"));
        assert_eq!((stepped.before, stepped.after), (before, after), "case {case}: {scene:?}");
        seen[usize::from(scene.end().status.byte().min(2))] += 1;
    }
    assert!(seen.iter().all(|count| *count > CASES / 20), "all kinds of end, and often: {seen:?}");
}

/// The contract and the machine refuse the same witnesses, for the same reason.
#[test]
fn the_contract_refuses_the_witnesses_that_the_machine_refuses() {
    let mut stepper = Stepper::new();
    let mut seen = [0_u64; 3];
    for case in 0..CASES / 2 * soak() {
        let scene = scene("damage", case);
        let (witness, before, _) = scene.proven();
        let entropy = entropy("how", case);
        let damaged = damage(&mut Unstructured::new(&entropy), &witness).expect("enough bytes");
        let roots = scene.segments().roots();
        let ours = check(&scene.machine, &roots, &scene.code, &damaged);
        stepper.store(&scene.code, scene.machine.code_depth).expect("sound pieces");
        match (&ours, stepper.step(&scene.machine, &roots, &damaged)) {
            (Ok(ours), Ok(theirs)) => {
                assert_eq!(*ours, (theirs.before, theirs.after), "case {case}");
                // Only damage to the state itself gives another witness that is accepted.
                assert_ne!(theirs.before, before, "case {case}");
                seen[0] += 1;
            }
            (Err(BadWitness::Root { .. }), Err(Refused::Reverted(why))) => {
                assert!(why.contains("WrongRoot"), "case {case}: {why}");
                seen[1] += 1;
            }
            (Err(BadWitness::Length { .. }), Err(Refused::Reverted(why))) => {
                assert!(why.contains("WrongWitnessLength"), "case {case}: {why}");
                seen[2] += 1;
            }
            (ours, theirs) => panic!("case {case}: {ours:?}, {theirs:?}: {scene:?}"),
        }
    }
    // A wrong root is rare: only damage to a proof of model, input or trace gives one.
    assert!(seen.iter().all(|count| *count > CASES / 500), "all kinds, and often: {seen:?}");
}

fn damage(u: &mut Unstructured<'_>, witness: &[u8]) -> arbtest::arbitrary::Result<Vec<u8>> {
    let mut damaged = witness.to_vec();
    match u.int_in_range(0..=3)? {
        0 => damaged.truncate(u.choose_index(witness.len())?),
        1 => damaged.resize(witness.len() + u.int_in_range(1..=200)?, u.arbitrary()?),
        _ => damaged[u.choose_index(witness.len())?] ^= 1 << u.int_in_range(0..=7)?,
    }
    Ok(damaged)
}

impl Scene {
    /// The state after the step.
    fn end(&self) -> State {
        let run = imo_vm::Run::new(self.segments(), self.state, self.memory.clone(), 1);
        State::decode(&run.state_at(1)).expect("a state").0
    }
}
