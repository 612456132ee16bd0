import { AppError, isRecord } from '#platform/kernel';
import { protocolsOf, type Door, type Protocol } from '#platform/ai';
import { isAskedIn, openDoor, PLACES } from '../../server/src/platform/ai/endpoint/doors.ts';
import { type FieldKind, tagsOf } from '../../server/src/platform/ai/endpoint/fields.ts';
import { createPrices, type Price } from '../../server/src/platform/ai/metering/prices.ts';
import { spokenIn, translationOf } from '../../server/src/platform/ai/providers/translations.ts';
import type { UpstreamTranslation } from '../../server/src/platform/ai/providers/translation.ts';
import type { Takes, TranslationName } from '../../server/src/platform/ai/takes.ts';
import { CHAT } from '../../server/src/platform/ai/dialects/chat.ts';
import { readWire, type WireChange, writeWire } from '../../server/src/platform/ai/wire.ts';
import { MADE, table } from './documents.ts';
import { EXAMPLES } from './door-examples.ts';

type Fields = Record<string, unknown>;

/** Upstreams as users name them, with an address of each. */
const UPSTREAMS: readonly (readonly [name: string, shown: string, url: string])[] = [
  ['openai', 'OpenAI', 'https://api.openai.com/v1'],
  ['azure', 'Azure, `…/openai/v1`', 'https://example.openai.azure.com/openai/v1'],
  ['azure', 'Azure, `…/openai/deployments/…`', 'https://example.openai.azure.com/openai/deployments/d'],
  ['anthropic', 'Anthropic', 'https://api.anthropic.com/v1'],
  ['gemini', 'Gemini', 'https://generativelanguage.googleapis.com/v1beta'],
  ['gemini', 'Gemini, `…/openai`', 'https://generativelanguage.googleapis.com/v1beta/openai'],
  ['bedrock', 'Amazon Bedrock', 'https://bedrock-runtime.us-east-1.amazonaws.com'],
  ['mistral', 'Mistral', 'https://api.mistral.ai/v1'],
  ['own', 'any other', 'https://models.example.com/v1'],
];
const TRANSLATED: Readonly<Record<TranslationName, string>> = {
  converse: 'Converse (Bedrock)',
  gemini: 'Gemini',
  messages: 'Messages (Anthropic)',
  mistral: 'Mistral',
};
const REASONS = { unpriced: 'no price', stateful: 'shared with others', unknown: 'unknown', lost: 'lost' };
/** Each gets a field that it takes under one of its names. */
const TAKES: readonly Takes[] = (['max_tokens', 'max_completion_tokens'] as const).map((cap) => ({
  cap,
  temperature: true,
  safety_identifier: true,
  store: true,
  stream_options: true,
  response_format: 'json_schema',
}));
const NONE_ALLOWED: ReadonlySet<string> = new Set();

/** A translation into a protocol of an upstream. */
interface Column {
  readonly name: string;
  /** Throws field_refused for a field that would be lost. */
  readonly translate: (body: Fields) => unknown;
}

/** The doors: the upstreams that each reaches, the models, and what becomes of each field. Tried with the code itself, value by value. */
export async function doorsMarkdown(): Promise<string> {
  const protocols = Object.keys(PLACES) as Protocol[];
  const doors = await Promise.all(protocols.map(async (protocol) => openDoor(protocol)));
  const translations = await Promise.all(
    (Object.keys(TRANSLATED) as TranslationName[]).map(async (name) => ({
      name,
      ...(await translationOf([name])?.()),
    })),
  );
  const sections = doors.map((door) => doorSection(door, columnsOf(door, translations as Named[])));
  return [
    '# Doors, models and fields',
    `${MADE} Each cell is what the code does with values of that field. [gateway.md](../gateway.md) says how to use a door, [providers.md](../providers.md) how to connect an upstream.`,
    '## Which door reaches which upstream',
    upstreamTable(doors),
    '`own`: in the protocol of the door, byte for byte. `translated`: by chat completions, where nothing is lost; a name in brackets is the protocol into which those are translated then. `speaks` of an upstream says what it speaks beside this.',
    '## Which door takes which model',
    modelTable(doors),
    'Beside those of your own rows in `AI_CONFIG`.',
    '## What becomes of a field',
    "- **passed on**: as it was written. **written by the server**: from what was asked and what is allowed. **tag**: kept in the ledger ([tags](../gateway.md#tags)). **priced**: passed on, where the model has a price for it. **not sent**: taken, and kept from the provider.\n- The columns behind say what becomes of it at a model that is not asked in the door's own protocol: *yes* (told there), *left out* (no answer depends on it), or *lost*: 400 `field_refused` with `reason: lost` before anything is spent, and an alias goes on without that model. *same*: as in the first of these columns.\n- A field that is `null` is not set. A field in no table is 400 `field_refused`, unless `allowed_fields` has it.",
    ...sections,
    '',
  ].join('\n\n');
}

type Named = { readonly name: TranslationName } & UpstreamTranslation;

function upstreamTable(doors: readonly Door[]): string {
  const rows = UPSTREAMS.map(([name, shown, url]) => {
    const spoken = protocolsOf(name, new URL(url));
    const [by] = spoken.filter((one): one is TranslationName => one in TRANSLATED);
    const { speaks, translation } = spokenIn(spoken);
    const cells = doors.map((door) => {
      const { kind } = PLACES[door.dialect.name];
      const is = (protocol: Protocol) => isAskedIn(protocol, { upstream: { speaks }, price: { kind } });
      const isTranslated = translation !== undefined && by !== undefined;
      if (is(door.dialect.name) && !(door.dialect.name === 'chat' && isTranslated)) return 'own';
      const { name: into = 'chat' } = door.translation?.into ?? {};
      const reaches = is(door.dialect.name) || (door.translation !== undefined && is(into));
      return reaches ? `translated${isTranslated ? ` (${by})` : ''}` : '';
    });
    return [shown, ...cells];
  });
  return table(['upstream', ...doors.map(({ dialect }) => dialect.name)], rows);
}

function modelTable(doors: readonly Door[]): string {
  const prices = createPrices();
  const priced = prices.names.flatMap((name) => {
    const [provider = '', model = ''] = name.split(/\/(.*)/);
    const price = prices.of(provider, model);
    return price === undefined || provider === 'sandbox' ? [] : [{ name, kind: price.kind }];
  });
  const kinds = [...new Set(doors.map(({ dialect }) => PLACES[dialect.name].kind))];
  const rows = kinds.map((kind) => [
    kind,
    doors
      .filter(({ dialect }) => PLACES[dialect.name].kind === kind)
      .map(pathOf)
      .join(', '),
    namesOf(kind, priced),
  ]);
  return table(['kind', 'doors', 'models with a shipped price'], rows);
}

const pathOf = ({ dialect }: Door): string => `\`${PLACES[dialect.name].path}\``;

function namesOf(kind: Price['kind'], priced: readonly { name: string; kind: Price['kind'] }[]): string {
  const names = priced.filter((model) => model.kind === kind).map(({ name }) => `\`${name}\``);
  return names.length === 0 ? 'none' : names.join(', ');
}

function columnsOf({ dialect, translation }: Door, translations: readonly Named[]): readonly Column[] {
  const request = translation?.request.bind(translation);
  if (request !== undefined && translation?.into !== undefined)
    return [{ name: translation.into.name, translate: request }];
  if (dialect.name !== 'chat' && request === undefined) return [];
  const toChat = (body: Fields): Fields => chatSent(request === undefined ? body : request(body));
  const vendors = translations
    .filter(({ name }) => name !== dialect.name)
    .map(({ name, body }) => ({
      name: TRANSLATED[name],
      translate: (given: Fields) => body({ ...toChat(given), model: 'm' }),
    }));
  return request === undefined ? vendors : [{ name: 'chat completions', translate: toChat }, ...vendors];
}

/** A request in chat completions as an upstream's translation reads it. */
function chatSent(chat: Fields): Fields {
  const wire = readWire(CHAT, JSON.stringify(chat));
  const maxTokens = wire.maxTokens === undefined ? undefined : (['max_tokens', wire.maxTokens] as const);
  const none = { temperature: undefined, identifier: undefined, store: false, streamUsage: false };
  return jsonOf(writeWire(wire, { ...none, model: 'm', maxTokens })) as Fields;
}

function doorSection(door: Door, columns: readonly Column[]): string {
  const { fields, configFields = {}, dialect } = door;
  const all: Readonly<Record<string, FieldKind>> = {
    ...fields,
    ...Object.fromEntries(
      Object.entries(configFields).map(([field, kind]) => [`${dialect.config ?? ''}.${field}`, kind]),
    ),
  };
  const tried = Object.entries(all).map(([field, kind]) => tryField(door, columns, { field, kind }));
  const rows = tried.filter(({ reason }) => reason === undefined).map(({ cells }) => cells);
  const refused = (['unpriced', 'stateful'] as const).flatMap((reason) => {
    const names = tried.filter((one) => one.reason === reason).map(({ cells: [name = ''] }) => name);
    return names.length === 0 ? [] : [`Refused, ${REASONS[reason]}: ${names.join(', ')}.`];
  });
  return [
    `### ${pathOf(door)}`,
    table(['field', 'here', ...columns.map(({ name }) => name)], rows),
    ...refused,
  ].join('\n\n');
}

interface TriedField {
  readonly cells: readonly string[];
  /** All of its values are refused. */
  readonly reason: 'unpriced' | 'stateful' | undefined;
}

interface KnownField {
  readonly field: string;
  readonly kind: FieldKind;
}

function tryField(door: Door, columns: readonly Column[], { field, kind }: KnownField): TriedField {
  const isRefused = kind === 'unpriced' || kind === 'stateful';
  const examples = Object.entries(
    EXAMPLES[door.dialect.name][field] ?? (isRefused || field === 'model' ? { any: 'm' } : {}),
  );
  if (examples.length === 0) throw new Error(`${door.dialect.name} has no example of ${field}`);
  const name = `\`${field}\``;
  const outcomes = examples.map(([label, value]) => {
    const body = bodyOf(door, field, value);
    const reason = reasonOf(() => door.check(read(door, body), NONE_ALLOWED));
    return { label, body, said: reason === undefined ? sayHere(door, { field, kind }, body) : reason };
  });
  const taken = outcomes.filter(({ said }) => !(said in REASONS));
  const cells = columns.map(({ translate }) =>
    summary(
      taken.map(({ label, body }) => ({
        label,
        said: sayThere({ translate, body, field, plain: bodyOf(door, field) }),
      })),
    ),
  );
  const here = outcomes.map(({ label, said }) => ({
    label,
    said: said in REASONS ? `refused, ${REASONS[said as keyof typeof REASONS]}` : said,
  }));
  const [first] = cells;
  const shown = cells.map((cell, nth) => (nth > 0 && cell === first ? 'same' : cell));
  return {
    cells: [name, summary(here), ...shown],
    reason: taken.length === 0 && isRefused ? kind : undefined,
  };
}

const WORST = ['left out', 'lost', 'refused'];
const badness = (said: string): number => WORST.findIndex((word) => said.startsWith(word));

/** The best outcome, and behind it the values with another. */
function summary(outcomes: readonly { readonly label: string; readonly said: string }[]): string {
  const groups = [...Map.groupBy(outcomes, ({ said }) => said)].sort(([a], [b]) => badness(a) - badness(b));
  const [[first] = [''], ...others] = groups;
  return [
    first,
    ...others.map(([said, ones]) => `${said}: ${ones.map(({ label }) => label).join(', ')}`),
  ].join('; ');
}

/** A request as its door reads it. */
const read = (door: Door, body: Fields): Fields => door.readForm?.(...formOf(body)).fields ?? body;

const BOUNDARY = 'x';

/** A request as a form. */
function formOf(body: Fields): [form: Buffer, contentType: string] {
  const parts = Object.entries(body).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => {
      const head = `form-data; name="${name}${Array.isArray(value) ? '[]' : ''}"`;
      const file = name === 'file' ? '; filename="a.wav"' : '';
      return `--${BOUNDARY}\r\ncontent-disposition: ${head}${file}\r\n\r\n${String(one)}\r\n`;
    }),
  );
  return [Buffer.from(`${parts.join('')}--${BOUNDARY}--\r\n`), `multipart/form-data; boundary=${BOUNDARY}`];
}

/** Whether a provider gets a field, under whichever of its names. */
function isSent({ dialect, readForm }: Door, field: string, body: Fields): boolean {
  if (readForm !== undefined)
    return (
      field === 'model' ||
      readForm(...formOf(body)).form.parts.some((part) => part.toString().includes(`name="${field}`))
    );
  const named = { model: 'm', stream: false };
  const wire = readWire(dialect, JSON.stringify(body), dialect.config === undefined ? {} : { named });
  return TAKES.some(
    (takes) => memberOf(jsonOf(writeWire(wire, changeOf(dialect, takes))), field) !== undefined,
  );
}

function sayHere(door: Door, { field, kind }: KnownField, body: Fields): string {
  const tags = tagsOf(body) === undefined ? '' : ', a tag';
  if (!isSent(door, field, body)) return `not sent${tags}`;
  const words: Partial<Record<FieldKind, string>> = { ours: 'written by the server', priced: 'priced' };
  return `${words[kind] ?? 'passed on'}${tags}`;
}

const jsonOf = (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8'));

function memberOf(body: unknown, field: string): unknown {
  return field.split('.').reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), body);
}

function changeOf({ added, caps }: Door['dialect'], takes: Takes): WireChange {
  const { cap, identifier, store, streamUsage } = added(takes);
  return {
    model: 'n',
    maxTokens: cap === undefined || caps.length === 0 ? undefined : [cap, 7],
    temperature: undefined,
    identifier: identifier?.('hash'),
    store,
    streamUsage,
  };
}

interface Trial extends Pick<Column, 'translate'> {
  readonly field: string;
  readonly body: Fields;
  /** The same body without the field, where that can be. */
  readonly plain: Fields;
}

function sayThere({ translate, field, body, plain }: Trial): string {
  let told: unknown;
  const reason = reasonOf(() => (told = translate(body)));
  if (reason !== undefined) return reason;
  // Each request has those, some in its path.
  if (field in plain || field === 'model' || field === 'stream') return 'yes';
  return JSON.stringify(told) === JSON.stringify(translate(plain)) ? 'left out' : 'yes';
}

/** The reason for which a request is refused. */
function reasonOf(act: () => unknown): keyof typeof REASONS | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    const reason = error instanceof AppError ? error.details?.['reason'] : undefined;
    if (typeof reason === 'string' && reason in REASONS) return reason as keyof typeof REASONS;
    throw error;
  }
}

/** Fields that need another beside them. */
const BESIDE: Readonly<Record<string, string>> = {
  tool_choice: 'tools',
  toolConfig: 'tools',
  stream_options: 'stream',
};

/** The least that a door takes, and the field beside which another makes sense; with a value, that field too. */
function bodyOf({ dialect: { name, config = '' } }: Door, field: string, ...[value]: unknown[]): Fields {
  const examples = EXAMPLES[name];
  const needed = [
    'messages',
    'input',
    'content',
    'contents',
    'requests',
    'file',
    'voice',
    BESIDE[field] ?? '',
  ];
  if (name === 'images') needed.push('prompt');
  const least = Object.fromEntries(
    [...needed, ...(name === 'messages' ? ['max_tokens'] : [])].flatMap((one) => {
      const [example] = Object.values(examples[one] ?? {});
      return example === undefined ? [] : [[one, example]];
    }),
  );
  if (value === undefined) return least;
  const [, inner] = field.split('.');
  return { ...least, ...(inner === undefined ? { [field]: value } : { [config]: { [inner]: value } }) };
}
