//! A request as the text program reads it.

use imo_guest::Request;
use imo_model::{Part, Scratch, Tokenizer};
#[cfg(any(test, feature = "std"))]
use imo_model::{TEMPLATE_LIMIT, scratch_words};
use imo_tensor::Sampling;

use crate::layout::conversation::Parts;
use crate::layout::parameters::{Form, TextParameters};
use crate::layout::status::Status;
use crate::layout::stops::Stops;

/// The parameters and the input of a request, read (`docs/spec/request.md`).
///
/// `B` holds the prompt: borrowed where it is read, owned by whoever asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextRequest<B> {
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// What ends the answer, and is not part of it.
    pub stops: Stops,
    /// What the prompt is.
    pub form: Form,
    /// The input without the stop sequences.
    pub prompt: B,
}

impl<'a> TextRequest<&'a [u8]> {
    /// Reads a request to a program that takes `input_limit` bytes. The status says why it cannot
    /// be answered.
    pub fn of<B: AsRef<[u8]>>(request: &'a Request<B>, input_limit: u32) -> Result<Self, Status> {
        Self::read(&request.parameters, request.input.as_ref(), input_limit)
    }

    /// Reads the request in an input memory.
    pub(crate) fn parse(
        memory: &'a [u8],
        input_limit: u32,
    ) -> Result<(Request<&'a [u8]>, Self), Status> {
        let request = Request::parse(memory).ok_or(Status::Malformed)?;
        let text = Self::read(&request.parameters, request.input, input_limit)?;
        Ok((request, text))
    }

    fn read(parameters: &[u8; 32], input: &'a [u8], input_limit: u32) -> Result<Self, Status> {
        let TextParameters { sampling, stop_lengths, form } =
            TextParameters::parse(parameters).ok_or(Status::Unreadable)?;
        if input.len() > input_limit as usize {
            return Err(Status::Malformed);
        }
        let (prompt, stops) = Stops::split(input, stop_lengths).ok_or(Status::Malformed)?;
        Ok(Self { sampling, stops, form, prompt })
    }
}

impl<B: AsRef<[u8]>> TextRequest<B> {
    /// Gives the tokens of the prompt to `emit`. The scratch must have room for the prompt and
    /// [`imo_model::TEMPLATE_LIMIT`] bytes more.
    pub fn encode(
        &self,
        tokenizer: &Tokenizer<'_>,
        scratch: &mut Scratch<'_>,
        emit: impl FnMut(u32),
    ) -> Result<(), Status> {
        let prompt = self.prompt.as_ref();
        match self.form {
            Form::Raw if prompt.is_empty() => return Err(Status::Malformed),
            Form::Raw => tokenizer.encode_raw(prompt, scratch, emit)?,
            Form::Message => {
                let message = core::iter::once(Part::of_user(prompt));
                tokenizer.encode_conversation(message, scratch, emit)?;
            }
            Form::Conversation => {
                let parts = Parts::parse(prompt).ok_or(Status::Malformed)?;
                tokenizer.encode_conversation(parts, scratch, emit)?;
            }
        }
        Ok(())
    }

    /// The tokens of the prompt, in memory that is allocated for them.
    #[cfg(any(test, feature = "std"))]
    pub fn tokens(&self, tokenizer: &Tokenizer<'_>) -> Result<Vec<u32>, Status> {
        let size = self.prompt.as_ref().len() + TEMPLATE_LIMIT;
        let (mut run, mut links, mut heap) =
            (vec![0; size], vec![0; scratch_words(size)], vec![0; scratch_words(size)]);
        let mut tokens = Vec::new();
        let mut scratch = Scratch::new(&mut run, &mut links, &mut heap);
        self.encode(tokenizer, &mut scratch, |token| tokens.push(token))?;
        Ok(tokens)
    }
}

#[cfg(any(test, feature = "std"))]
impl<B: AsRef<[u8]>> TextRequest<B> {
    /// The word of the parameters.
    pub fn parameters(&self) -> TextParameters {
        let Self { sampling, form, .. } = *self;
        TextParameters { sampling, stop_lengths: self.stops.lengths(), form }
    }

    /// The input: the prompt, and the stop sequences behind it.
    pub fn input(&self) -> Vec<u8> {
        let stops = self.stops.iter().map(<[u8]>::to_vec);
        std::iter::once(self.prompt.as_ref().to_vec()).chain(stops).collect::<Vec<_>>().concat()
    }

    /// A greedy request that belongs to no chain.
    pub fn local(&self, max_units: u32) -> Request<Vec<u8>> {
        let parameters = self.parameters().encode();
        Request { parameters, ..Request::local(self.input(), max_units) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u32 = 20;

    #[test]
    fn a_request_is_read_as_it_was_written() {
        arbtest::arbtest(|u| {
            let mut sequences = Vec::new();
            for _ in 0..u.int_in_range(0..=Stops::MOST)? {
                let length = u.int_in_range(0..=Stops::LONGEST.min(u.len()))?;
                sequences.push(u.bytes(length)?);
            }
            let text = TextRequest {
                sampling: Sampling { temperature: u.arbitrary()?, ..Sampling::default() },
                stops: Stops::new(sequences).expect("few and short"),
                form: *u.choose(&[Form::Message, Form::Raw, Form::Conversation])?,
                prompt: std::iter::once(b'?').chain(u.arbitrary::<Vec<u8>>()?).collect::<Vec<_>>(),
            };
            let memory = text.local(7).encode();
            let (request, again) = TextRequest::parse(&memory, u32::MAX).expect("readable");
            let TextRequest { sampling, stops, form, .. } = text;
            let prompt = &text.prompt[..];
            assert_eq!(again, TextRequest { sampling, stops, form, prompt });
            assert_eq!(request.max_units, 7);
            Ok(())
        });
    }

    #[test]
    fn what_cannot_be_answered_has_a_status() {
        let stops = Stops::new([&b"stop"[..]]).expect("few and short");
        let text = TextRequest { stops, prompt: "hello", ..TextRequest::default() };
        let fine = text.local(9);
        assert!(TextRequest::of(&fine, LIMIT).is_ok());
        for (request, status) in [
            (Request { input: b"top".to_vec(), ..fine.clone() }, Status::Malformed),
            (Request { input: vec![b'x'; 21], ..fine.clone() }, Status::Malformed),
            (Request { parameters: [255; 32], ..fine.clone() }, Status::Unreadable),
            (Request { parameters: [255; 32], input: Vec::new(), ..fine }, Status::Unreadable),
        ] {
            assert_eq!(TextRequest::of(&request, LIMIT), Err(status), "{request:?}");
            let memory = request.encode();
            assert_eq!(TextRequest::parse(&memory, LIMIT), Err(status), "{request:?}");
        }
        assert_eq!(TextRequest::parse(&[0; 640], LIMIT), Err(Status::Malformed));
    }
}
