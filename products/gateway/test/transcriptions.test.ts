import { createHash } from 'node:crypto';
import OpenAI, { toFile } from 'openai';
import { expect, test } from 'vitest';
import { type Customer, testApp } from '@plinth/testkit/services/app';

const PATH = '/v1/ai/audio/transcriptions';
const { url, call, customer, sandbox } = await testApp();

/** Two and a half seconds of any packed format, as the sandbox hears it. */
const SOUND = Buffer.alloc(10_000, Buffer.from([0xff, 0xfb, 0x90, 0x00, 0x0d, 0x0a]));
/** The most that `sandbox-transcribe` costs: its context at $2.50 and its longest transcript at $10 a million. */
const MOST = 16_000 * 2.5 + 2_000 * 10;

/** The transcript of the sandbox, which says what reached it. */
const heard = (bytes: Buffer) =>
  `A file of ${bytes.length} bytes was heard: ${createHash('sha256').update(bytes).digest('hex')}.`;

const clientOf = ({ key }: Customer, baseURL = `${url}/v1/ai`) =>
  new OpenAI({ baseURL, apiKey: key, maxRetries: 0 });
const fileNamed = (name: string, bytes = SOUND) => toFile(bytes, name);

/** A form as its text, with one part after the other. */
function formOf(parts: readonly (readonly [head: string, value: string | Buffer])[], boundary = 'barley') {
  const pieces = parts.flatMap(([head, value]) => [
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; ${head}\r\n\r\n`),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

const FILE = ['name="file"; filename="a.mp3"', SOUND] as const;
const MODEL = ['name="model"', 'sandbox-transcribe'] as const;

async function post({ key }: Customer, body: Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(url + PATH, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'multipart/form-data; boundary=barley',
      ...headers,
    },
    body: new Uint8Array(body),
  });
  const answer = (await response.json()) as {
    readonly text?: string;
    readonly error?: { readonly code: string };
  };
  return { status: response.status, answer };
}

async function readEvents({ key }: Customer): Promise<Readonly<Record<string, unknown>>[]> {
  const { body } = await call(key, 'GET /v1/usage');
  return body['events'] as Readonly<Record<string, unknown>>[];
}

test('the official client gets the transcript of its file, and the ledger equals the provider’s bill', async () => {
  const ada = await customer();
  const before = sandbox.bill().length;
  const asked = { model: 'sandbox-transcribe', prompt: 'Gerste', include: ['logprobs' as const] };
  const file = await fileNamed('barley "in".mp3');
  const { text, usage } = await clientOf(ada).audio.transcriptions.create({ file, ...asked });
  expect(text).toBe(heard(SOUND));
  expect(usage).toMatchObject({ type: 'tokens', input_tokens: 30 });
  const [line] = sandbox.bill().slice(before);
  expect(line).toMatchObject({ model: 'sandbox-transcribe', prompt_tokens: 30, completion_tokens: 8 });
  const cost = 30 * 2.5 + 8 * 10;
  expect(await readEvents(ada)).toMatchObject([
    {
      feature: 'transcriptions',
      prompt_tokens: 30,
      cost_micros: cost,
      charged_micros: cost,
      estimated: false,
    },
  ]);
});

test('a model that is billed by the second is charged for its seconds, and in a format that tells none for its longest file', async () => {
  const ada = await customer('gateway.scale');
  const { transcriptions } = clientOf(ada).audio;
  const asked = { model: 'sandbox-whisper', timestamp_granularities: ['word' as const, 'segment' as const] };
  const verbose = await transcriptions.create({
    ...asked,
    file: await fileNamed('a.ogg'),
    response_format: 'verbose_json',
  });
  expect(verbose).toMatchObject({ duration: 2.5, usage: { seconds: 3 } });
  const subtitles = await transcriptions.create({
    ...asked,
    file: await fileNamed('a.ogg'),
    response_format: 'vtt',
  });
  expect(subtitles).toMatch(/^WEBVTT\n/);
  const rows = await readEvents(ada);
  expect(rows.map((row) => [row['prompt_tokens'], row['charged_micros'], row['estimated']])).toEqual([
    [1_500, 150_000, true],
    [3, 300, false],
  ]);
});

test('the bytes of a file reach the model as they are, under a name that says its format alone', async () => {
  const ada = await customer();
  const every = Buffer.from(Uint8Array.from({ length: 65_536 }, (_, at) => at % 256));
  const tricky = Buffer.concat([every, Buffer.from('\r\n--barle\r\n\r\n\r--barley--'), every]);
  const body = formOf([MODEL, ['name="file"; filename="../../ä\\"; name=\\"model.wav.mp3"', tricky]]);
  const { status, answer } = await post(ada, body);
  expect([status, answer.text]).toEqual([200, heard(tricky)]);
});

test('the whole of what a model can hear is reserved, whatever the file says of itself', async () => {
  const ada = await customer();
  // A header of WAV that says a second of 4 GB each: what a decoder makes of the bytes is not known here.
  const wav = Buffer.alloc(1_000);
  wav.write('RIFF\0\0\0\0WAVEfmt ');
  wav.writeUInt32LE(0xffff_ffff, 28);
  sandbox.faults.next({ kind: 'missing_usage' });
  const { status } = await post(ada, formOf([MODEL, ['name="file"; filename="a.wav"', wav]]));
  expect(status).toBe(200);
  expect(await readEvents(ada)).toMatchObject([{ charged_micros: MOST, estimated: true }]);
});

test('a client that sends its form again under the same key gets the same answer, and pays once', async () => {
  const ada = await customer();
  const key = { 'idempotency-key': 'once' };
  const type = { 'content-type': 'multipart/form-data; charset=utf-8; boundary="rye"' };
  const first = await post(ada, formOf([MODEL, FILE]), key);
  const again = await post(ada, formOf([MODEL, FILE], 'rye'), { ...key, ...type });
  const other = await post(ada, formOf([MODEL, FILE, ['name="prompt"', 'x']]), key);
  expect([first.status, again.answer, other.answer.error?.code]).toEqual([
    200,
    first.answer,
    'idempotency_mismatch',
  ]);
  expect(await readEvents(ada)).toHaveLength(1);
});

test('a transcript in words is not kept: a repeat is told that it was made', async () => {
  const ada = await customer();
  const ask = async () => {
    const body = formOf([MODEL, FILE, ['name="response_format"', 'text']]);
    const headers = {
      authorization: `Bearer ${ada.key}`,
      'idempotency-key': 'once',
      'content-type': 'multipart/form-data; boundary=barley',
    };
    const response = await fetch(url + PATH, { method: 'POST', headers, body: new Uint8Array(body) });
    return [response.status, response.headers.get('content-type')?.split(';')[0]];
  };
  expect([await ask(), await ask()]).toEqual([
    [200, 'text/plain'],
    [409, 'application/json'],
  ]);
});

test('an answer that is none, and one of another status, cost the caller nothing', async () => {
  const ada = await customer();
  for (const fault of [{ kind: 'malformed_json' }, { kind: 'status', status: 500 }] as const) {
    sandbox.faults.always(fault);
    expect((await post(ada, formOf([MODEL, FILE]))).status).toBeGreaterThanOrEqual(502);
  }
  sandbox.faults.clear();
  const events = await readEvents(ada);
  expect(events.map((event) => event['charged_micros'])).toEqual(events.map(() => 0));
});

test('a file that its model refuses costs nothing, and the model’s own words are told', async () => {
  const ada = await customer();
  // As many elements as no JSON may have.
  const long = Buffer.alloc(6_100_000, ',');
  expect(await post(ada, formOf([MODEL, ['name="file"; filename="a.mp3"', long]]))).toMatchObject({
    status: 400,
    answer: {
      error: { code: 'invalid_value', message: expect.stringContaining('maximum for this model') },
    },
  });
  const events = await readEvents(ada);
  expect(events.map((event) => event['charged_micros'])).toEqual(events.map(() => 0));
});

const LATE = Buffer.concat([formOf([MODEL, FILE]), Buffer.from('--barley--')]);

test.each([
  ['no file', formOf([MODEL]), 'validation_failed'],
  ['a file without a byte', formOf([MODEL, ['name="file"; filename="a.mp3"', '']]), 'validation_failed'],
  ['a file that is a text', formOf([MODEL, ['name="file"', 'abc']]), 'validation_failed'],
  ['a model that is a file', formOf([FILE, ['name="model"; filename="a"', 'x']]), 'validation_failed'],
  ['two files', formOf([MODEL, FILE, FILE]), 'validation_failed'],
  ['two models', formOf([MODEL, MODEL, FILE]), 'validation_failed'],
  ['a model in a list', formOf([['name="model[]"', 'sandbox-transcribe'], FILE]), 'validation_failed'],
  ['no model', formOf([FILE]), 'validation_failed'],
  ['a chat model', formOf([['name="model"', 'small'], FILE]), 'model_unsupported'],
  ['an unknown model', formOf([['name="model"', 'x'], FILE]), 'model_unknown'],
  ['a stream', formOf([MODEL, FILE, ['name="stream"', 'true']]), 'field_refused'],
  ['chunks', formOf([MODEL, FILE, ['name="chunking_strategy"', 'auto']]), 'field_refused'],
  ['an unknown field', formOf([MODEL, FILE, ['name="__proto__"', '1']]), 'field_refused'],
  ['a field without a name', formOf([MODEL, FILE, ['filename="a"', '1']]), 'validation_failed'],
  ['a name with a line break', formOf([MODEL, FILE, ['name="a\nb"', '1']]), 'validation_failed'],
  [
    'a header that is slipped in',
    formOf([MODEL, FILE, ['name="a\r\ncontent-type: x"', '1']]),
    'validation_failed',
  ],
  [
    'a name said twice',
    formOf([MODEL, ['name="file"; name="model"; filename="a"', '1']]),
    'validation_failed',
  ],
  [
    'a text that is broken',
    formOf([MODEL, FILE, ['name="prompt"', Buffer.from([0xff])]]),
    'validation_failed',
  ],
  ['a NUL', formOf([MODEL, FILE, ['name="prompt"', '\0']]), 'validation_failed'],
  ['a format that is none', formOf([MODEL, FILE, ['name="response_format"', 'xml']]), 'validation_failed'],
  ['a temperature that is none', formOf([MODEL, FILE, ['name="temperature"', '1e0']]), 'validation_failed'],
  [
    'a granularity that is none',
    formOf([MODEL, FILE, ['name="timestamp_granularities[]"', 'x']]),
    'validation_failed',
  ],
  [
    'an encoded part',
    formOf([MODEL, ['name="file"; filename="a"\r\ncontent-transfer-encoding: base64', 'AA==']]),
    'validation_failed',
  ],
  [
    'too many parts',
    formOf([MODEL, FILE, ...Array.from({ length: 300 }, () => ['name="keywords[]"', 'x'] as const)]),
    'validation_failed',
  ],
  ['something before it', Buffer.concat([Buffer.from('x'), formOf([MODEL, FILE])]), 'validation_failed'],
  ['something behind it', LATE, 'validation_failed'],
  ['no end', formOf([MODEL, FILE]).subarray(0, -12), 'validation_failed'],
  ['another boundary', formOf([MODEL, FILE], 'rye'), 'validation_failed'],
  ['nonsense', Buffer.alloc(1_000_000, '\r\n--barley'), 'validation_failed'],
  ['nothing', Buffer.alloc(0), 'validation_failed'],
])('%s is refused, and costs nothing', async (_, body, code) => {
  const ada = await customer();
  expect(await post(ada, body)).toMatchObject({ answer: { error: { code } } });
  expect(await readEvents(ada)).toEqual([]);
});

test.each([
  'application/json',
  'multipart/mixed; boundary=barley',
  'multipart/form-data; boundary=barley; charset=latin1',
])('%s is no form', async (type) => {
  const { status } = await post(await customer(), formOf([MODEL, FILE]), { 'content-type': type });
  expect(status).toBe(415);
});
