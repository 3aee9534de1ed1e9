//! Steps of random machines: the fast run against the step from a witness.

use imo_commit::zero_root;
use imo_vm::{Memory, Run, State, check};

use crate::scene::Scene;

#[test]
fn a_step_from_its_witness_is_the_fast_step() {
    let seen = std::cell::RefCell::new([0_u32; 3]);
    arbtest::arbtest(|u| {
        let scene = Scene::random(u)?;
        let (_, before, after) = scene.proven();
        assert_eq!((before, after), scene.fast());
        let mut state = scene.state;
        let run = Run::new(scene.segments(), state, scene.memory.clone(), 1);
        state = State::decode(&run.state_at(1)).expect("a state").0;
        seen.borrow_mut()[usize::from(state.status.byte().min(2))] += 1;
        Ok(())
    })
    .budget_ms(2_000);
    assert!(seen.borrow().iter().all(|count| *count > 0), "all kinds of end were seen: {seen:?}");
}

#[test]
fn a_damaged_witness_never_gives_the_same_step() {
    arbtest::arbtest(|u| {
        let scene = Scene::random(u)?;
        let (witness, before, after) = scene.proven();
        let roots = scene.segments().roots();
        let mut damaged = witness.clone();
        match u.int_in_range(0..=2)? {
            0 => damaged[u.choose_index(witness.len())?] ^= 1 << u.int_in_range(0..=7)?,
            1 => damaged.truncate(u.choose_index(witness.len())?),
            _ => damaged.push(0),
        }
        if let Ok(other) = check(&scene.machine, &roots, &scene.code, &damaged) {
            assert_ne!(other.0, before, "the state itself was changed");
            let _ = after;
        }
        Ok(())
    });
}

#[test]
fn empty_memory_has_the_zero_root() {
    let mut memory = Memory::new(5);
    assert_eq!(memory.tree().root(), zero_root(5));
}
