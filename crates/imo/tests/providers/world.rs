//! A chain with one model, and people around it.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use imo::anvil::Anvil;
use imo_chain::contracts::ModelRegistry::{
    ModelRegistered, Pricing, Provenance, Registration, registerCall,
};
use imo_chain::contracts::OpmlVerifier::Parameters;
use imo_chain::primitives::aliases::U96;
use imo_chain::primitives::{Address, B256, U256};
use imo_chain::{Client, Deployment, Signer, SystemTerms, View};
use imo_model::ModelImage;
use imo_node::{put_code, registration};
use imo_pack::pack_bytes;
use imo_pack::tiny::{TinyShape, gguf};
use imo_player::Model;

use crate::binary::{at, command, folder};

/// Development accounts, by number.
pub(crate) const MAKER: u32 = 0;
pub(crate) const HONEST: u32 = 1;
pub(crate) const LIAR: u32 = 2;
pub(crate) const CUSTOMER: u32 = 3;

/// Seconds that a claim may be challenged.
pub(crate) const WINDOW: u64 = 3600;
/// Longest wait for something that nodes do by themselves.
const PATIENCE: Duration = Duration::from_secs(100);
const POLL: Duration = Duration::from_millis(100);
/// Pause between two blocks that nobody asked for.
const BLOCK: Duration = Duration::from_millis(400);

/// A chain with a tiny model, and a connection to it that works.
pub(crate) struct World {
    pub(crate) anvil: Anvil,
    pub(crate) client: Client,
    pub(crate) view: View,
    pub(crate) model_id: String,
    folder: PathBuf,
}

/// A running command. Dropping it kills it.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn client(rpc: &str, account: u32) -> Client {
    let signer = Signer::development(account).expect("a development account");
    Client::connect(rpc, signer).expect("its address is one")
}

impl World {
    pub(crate) async fn start(test: &str) -> Self {
        let anvil = Anvil::start(None, 4).await.expect("`make contracts` installed Anvil");
        let (client, folder) = (client(&anvil.rpc, MAKER), folder(test));
        let deployment = deploy(&client).await;
        let text = serde_json::to_string(&deployment).expect("addresses");
        fs::write(folder.join("deployment.json"), text).expect("the folder can be written");
        let (image, _) = pack_bytes(&gguf(7, &TinyShape::default()), |_, _| ()).expect("supported");
        fs::write(folder.join("model.imo"), &image).expect("the folder can be written");
        let model_id = register(&client, &deployment, image).await.to_string();
        Self { anvil, client, view: View::new(deployment), model_id, folder }
    }

    /// Makes a block now and then, as a chain with other people does, until it is aborted.
    pub(crate) fn tick(&self) -> tokio::task::JoinHandle<()> {
        let client = self.client.clone();
        tokio::spawn(async move {
            while client.pass(1).await.is_ok() {
                tokio::time::sleep(BLOCK).await;
            }
        })
    }

    /// Starts a command with an account's key, at an endpoint.
    pub(crate) fn run(&self, rpc: &str, account: Option<u32>, args: &[&str]) -> Running {
        let deployment = self.folder.join("deployment.json");
        let mut command = command(args);
        command.args(["--rpc", rpc, "--deployment", at(&deployment)]);
        if let Some(account) = account {
            command.args(["--dev-account", &account.to_string()]);
        }
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(piped.spawn().expect("the binary starts"))
    }

    /// Starts a node. Its words go nowhere.
    pub(crate) fn node(&self, rpc: &str, account: u32, args: &[&str]) -> Running {
        let (deployment, model) =
            (self.folder.join("deployment.json"), self.folder.join("model.imo"));
        let mut command = command(&["node", at(&model), "--dev-account", &account.to_string()]);
        command.args(["--rpc", rpc, "--deployment", at(&deployment)]);
        command.args(["--listen", "127.0.0.1:0", "--poll", "100", "--threads", "1"]).args(args);
        let log = fs::File::create(self.folder.join(format!("node-{account}.log")));
        let log = log.expect("the folder can be written");
        let words = log.try_clone().expect("a file");
        Running(command.stdout(words).stderr(log).spawn().expect("the binary starts"))
    }

    /// What a node has said so far.
    fn words_of(&self, account: u32) -> String {
        fs::read_to_string(self.folder.join(format!("node-{account}.log"))).unwrap_or_default()
    }

    /// Waits until the chain shows something.
    pub(crate) async fn until<T>(
        &mut self,
        what: &str,
        mut seen: impl FnMut(&View) -> Option<T>,
    ) -> T {
        let started = Instant::now();
        loop {
            self.view.update(&self.client).await.expect("the chain answers");
            if let Some(found) = seen(&self.view) {
                return found;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "waited in vain for {what}; the liar says:\n{}\nthe honest node says:\n{}",
                self.words_of(LIAR),
                self.words_of(HONEST)
            );
            tokio::time::sleep(POLL).await;
        }
    }
}

async fn deploy(client: &Client) -> Deployment {
    let milli = |amount: u64| U96::from(amount * 1_000_000_000_000_000);
    let terms = SystemTerms {
        salt: B256::ZERO,
        verifier: Parameters {
            kLog2: 4,
            window: u32::try_from(WINDOW).expect("an hour"),
            clock: 1800,
            extension: 600,
            claimBond: milli(400),
            challengeBond: milli(100),
        },
        tip: 1_000_000_000,
        answer_time: 86_400,
        weth: Address::ZERO,
        exchange: Address::ZERO,
    };
    Deployment::create(client, &terms, |_, _| ()).await.expect("a fresh chain")
}

/// Registers a packed model. Returns its id.
async fn register(client: &Client, deployment: &Deployment, image: Vec<u8>) -> B256 {
    let model = Model::new(ModelImage::from_bytes(image).expect("sound")).expect("a program");
    let depth = model.program().parameters().code_depth;
    let put = put_code(client, deployment.stepper, model.program().code(), depth).await;
    put.expect("the code is stored");
    let (root, length) = (model.image().root(), model.image().bytes().len() as u64);
    let (program, content) = registration(model.program(), root, length);
    let verifier = deployment.verifier;
    client.send(verifier, &program, U256::ZERO).await.expect("the program is registered");
    client.send(verifier, &content, U256::ZERO).await.expect("the image is registered");
    let model = Registration {
        contentId: model.content_id().into(),
        verifier,
        salt: B256::ZERO,
        receiver: client.address(),
        token: Address::ZERO,
        pricing: Pricing {
            basePrice: 1_000_000_000_000_000,
            bytePrice: 0,
            unitPrice: 0,
            unitBytes: 8,
            operatorBps: 9_000,
            defaultUnits: 8,
            defaultBytes: 512,
        },
        provenance: Provenance {
            sourceUri: String::new(),
            fileHash: B256::ZERO,
            licence: String::new(),
            licenceHash: B256::ZERO,
        },
    };
    let call = registerCall { model };
    let receipt = client.send(deployment.registry, &call, U256::ZERO).await;
    let receipt = receipt.expect("anybody may register");
    let event = receipt.event::<ModelRegistered>(deployment.registry);
    event.expect("it is registered").modelId
}
