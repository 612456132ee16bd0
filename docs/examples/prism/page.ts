import {
  browserSession,
  createClient,
  LimitExceeded,
  NoAnswer,
  PlanRequired,
  PlinthError,
  type ReplyOf,
  Unauthenticated,
} from '@plinth/sdk';
import { button, byId, el, field, price, time } from '../shop/parts.ts';

type Turn = ReplyOf<'GET /v1/turns'>['data'][number];
type Goal = ReplyOf<'GET /v1/lens/goals/{id}'>;
type Support = ReplyOf<'POST /v1/turns'>['support'];
/** Words and helplines, and in a crisis its safety. */
interface Answer {
  readonly support: Support;
  readonly safety?: ReplyOf<'POST /v1/turns'>['safety'];
}
/** One sending of a text: under one key, however often it is tried. */
interface Sending {
  readonly idempotencyKey: string;
  readonly isSafe: boolean;
}

const baseUrl = document.querySelector<HTMLMetaElement>('meta[name=plinth]')?.content ?? '';
const plinth = createClient({ baseUrl, session: browserSession('prism.session') });

const says = (text: string) => byId('says').replaceChildren(text);
const show = (...parts: readonly (Node | string)[]) => byId('page').replaceChildren(...parts);
const quiet = (text: string) => el('p', { className: 'quiet' }, text);
const act = (text: string, work: () => Promise<unknown>, plain = false) =>
  button(text, work, { plain, failed });

/** Sends what did not reach the server. It is kept in memory alone: what people write here is theirs. */
let unsent: (() => Promise<unknown>) | undefined;
addEventListener('offline', () => says('You are offline. What you wrote stays here.'));
addEventListener('online', () => {
  const again = unsent;
  unsent = undefined;
  says('');
  void again?.().catch(failed);
});

/** Shows what went wrong, in words that help the reader. */
function failed(error: unknown): void {
  says('');
  if (error instanceof LimitExceeded || error instanceof PlanRequired) {
    document.querySelector('#limit')?.remove();
    byId('page').prepend(limitCard(error));
  } else if (error instanceof NoAnswer)
    says('The server can’t be reached. What you wrote stays here, and is sent when you are back.');
  else if (error instanceof Unauthenticated) void start();
  else says(error instanceof PlinthError ? error.message : 'That did not work. Try again.');
}

/** The limit that was met, when it opens, and the plan that has more. */
function limitCard(error: LimitExceeded | PlanRequired): HTMLElement {
  const { offer, message } = error;
  const card = el('section', { id: 'limit', role: 'alert' });
  if (error instanceof LimitExceeded)
    card.append(el('p', {}, `All ${error.max} ${error.limit.replaceAll('_', ' ')} are used.`));
  else card.append(el('p', {}, message));
  if (error instanceof LimitExceeded && error.resetsAt !== null)
    card.append(quiet(`It opens again on ${time(error.resetsAt.toISOString())}. Nothing was charged.`));
  if (offer === null) return card;
  const sum = `${offer.name}: ${price(offer.price.monthly, offer.price.currency)} a month`;
  card.append(offer.checkout_url === null ? quiet(sum) : el('a', { href: offer.checkout_url }, sum));
  return card;
}

/** Shows an answer's helplines. In a crisis they are all that is shown; answers whether it was one. */
function help({ support, safety }: Answer, again?: () => Promise<unknown>): boolean {
  document.querySelector('#help')?.remove();
  if (support === null) return false;
  const card = el('section', { id: 'help', role: 'alert' }, el('p', {}, support.message));
  for (const { name, phone, text, url, hours } of support.helplines) {
    const line = el('p', {}, el('b', {}, name), ` ${hours} `);
    if (phone !== null) line.append(el('a', { href: `tel:${phone.replaceAll(/[^\d+]/g, '')}` }, phone), ' ');
    if (url !== null) line.append(el('a', { href: url }, new URL(url).host), ' ');
    card.append(line);
    line.append(text ?? '');
  }
  if (safety?.status !== 'crisis') {
    byId('page').prepend(card);
    return false;
  }
  // The server answers an emergency by helplines alone (docs/safety.md).
  const isEmergency = safety.kinds.some((kind) => kind === 'attempt_now' || kind === 'medical_emergency');
  if (again !== undefined && !isEmergency)
    card.append(act('I am safe. Go on with what I wrote', again, true));
  card.append(act('Back', () => open(tab), true));
  show(card);
  return true;
}

interface WriterParts {
  readonly label: string;
  readonly text: string;
  readonly send: (text: string, sending: Sending) => Promise<unknown>;
}

/** A field and its button. Without a network the text stays there, and goes out by itself later. */
function writer({ label, text, send }: WriterParts, ...more: readonly Node[]): HTMLFormElement {
  const input = el('textarea', { ariaLabel: label, placeholder: label });
  let kept: { readonly words: string; readonly sending: Sending } | undefined;
  const sendIt = async (): Promise<void> => {
    const words = input.value.trim();
    if (words === '') return;
    const idempotencyKey = kept?.words === words ? kept.sending.idempotencyKey : crypto.randomUUID();
    const sending = { idempotencyKey, isSafe: false };
    kept = undefined;
    try {
      await send(words, sending);
      input.value = '';
    } catch (error) {
      if (error instanceof NoAnswer) [kept, unsent] = [{ words, sending }, sendIt];
      throw error;
    }
  };
  return el('form', {}, input, ...more, act(text, sendIt));
}

const safely = (): Sending => ({ idempotencyKey: crypto.randomUUID(), isSafe: true });

/** The mirror: the session that is open, or the beginning of one. */
async function mirror(): Promise<void> {
  const { data } = await plinth.call('GET /v1/mirror/sessions', { query: { limit: 1 } });
  const [newest] = data;
  if (newest?.status === 'open') return session(newest.id);
  const begin = async (title: string, sending: Sending): Promise<void> => {
    const reply = await plinth.call('POST /v1/mirror/sessions', { body: { title } }, sending);
    if ('id' in reply) await session(reply.id);
    else help(reply, () => begin(title, safely()));
  };
  const last = newest?.summary;
  show(
    ...(last == null ? [] : [el('section', {}, el('b', {}, 'Last time'), el('p', {}, last))]),
    writer({ label: 'What is it about?', text: 'Begin a session', send: begin }),
  );
}

async function session(id: string): Promise<void> {
  const { messages } = await plinth.call('GET /v1/mirror/sessions/{id}', { params: { id } });
  const talk = el('div', { role: 'log', ariaLabel: 'Session' });
  const line = (text: string, isOwn: boolean) =>
    talk.appendChild(el('section', { className: isOwn ? 'own' : '' }, el('p', {}, text)));
  for (const { role, content } of messages) line(content, role === 'user');
  const send = async (content: string, sending: Sending): Promise<void> => {
    const own = line(content, true);
    const reply = line('…', false);
    let words = '';
    try {
      for await (const { event, data } of plinth.prism.say({ session_id: id, content }, sending)) {
        if (event === 'words') reply.replaceChildren(el('p', {}, (words += data.text)));
        if (event !== 'done') continue;
        if (help(data, () => send(content, safely()))) return;
        reply.replaceChildren(el('p', {}, data.reply?.content ?? ''));
        // Helplines of a crisis stood in its place.
        if (talk.isConnected) continue;
        await session(id);
        help(data);
      }
    } catch (error) {
      own.remove();
      reply.remove();
      // A reply that was cut is in the session soon.
      if (words === '') throw error;
      says('The reply was cut off. Open the mirror again in a moment.');
    }
  };
  const close = () =>
    plinth.call('POST /v1/mirror/sessions/{id}/close', { params: { id } }).then(() => open('Mirror'));
  const remove = () =>
    plinth.call('DELETE /v1/mirror/sessions/{id}', { params: { id } }).then(() => open('Mirror'));
  show(
    talk,
    writer({ label: 'What moves you?', text: 'Send', send }),
    act('Close the session', close, true),
    act('Delete the session', remove, true),
  );
}

/** Turns: a thought, seen from another side. */
async function turns(): Promise<void> {
  const { data } = await plinth.call('GET /v1/turns', { query: { limit: 20 } });
  const list = el('div', {}, ...data.map(turnCard));
  const style = el(
    'select',
    { ariaLabel: 'Tone' },
    ...['gentle', 'direct', 'playful'].map((value) => el('option', { value }, value)),
  );
  const send = async (thought: string, sending: Sending): Promise<void> => {
    const made = await plinth.prism.turn({ thought, style: style.value as Turn['style'] }, sending);
    if (help(made, () => send(thought, safely()))) return;
    if (tab === 'Turn') await turns();
    help(made);
  };
  show(writer({ label: 'A thought that weighs on you', text: 'Turn it', send }, style), list);
}

function turnCard({ id, original, turn, question }: Turn): HTMLElement {
  const card = el('section', {}, quiet(original), el('p', {}, el('b', {}, turn)), el('p', {}, question));
  const remove = () => plinth.call('DELETE /v1/turns/{id}', { params: { id } }).then(() => card.remove());
  card.append(act('Delete', remove, true));
  return card;
}

/** Suggestions that are not taken yet, by the goal's id. */
const suggested = new Map<string, readonly string[]>();

/** The lens: goals with small actions. */
async function lens(): Promise<void> {
  const { data } = await plinth.call('GET /v1/lens/goals', { query: { status: 'active', limit: 10 } });
  const goals = await Promise.all(
    data.map(({ id }) => plinth.call('GET /v1/lens/goals/{id}', { params: { id } })),
  );
  const send = async (title: string, { idempotencyKey }: Sending) => {
    const added = await plinth.call('POST /v1/lens/goals', { body: { title } }, { idempotencyKey });
    await lens();
    help(added);
  };
  show(writer({ label: 'A goal', text: 'Set the goal', send }), ...goals.map(goalCard));
}

function goalCard({ id, title, actions, streak }: Goal): HTMLElement {
  const params = { id };
  const lines = actions.map((action) => {
    const box = el('input', { type: 'checkbox', checked: action.done });
    const done = () =>
      plinth.call(
        'PATCH /v1/lens/actions/{id}',
        { params: { id: action.id }, body: { done: box.checked } },
        { version: action.version },
      );
    box.addEventListener('change', () => void done().then(lens).catch(failed));
    return el('label', {}, box, ` ${action.title}`);
  });
  const suggest = async (isSafe = false): Promise<void> => {
    const reply = await plinth.call('POST /v1/lens/goals/{id}/suggest', { params }, { isSafe });
    if (help(reply, () => suggest(true))) return;
    suggested.set(
      id,
      reply.suggestions.map((one) => one.title),
    );
    await lens();
    help(reply);
  };
  const take = async (name: string) => {
    const body = { title: name, source: 'suggested' } as const;
    const added = await plinth.call('POST /v1/lens/goals/{id}/actions', { params, body });
    suggested.set(
      id,
      offered.filter((one) => one !== name),
    );
    await lens();
    help(added);
  };
  const offered = suggested.get(id) ?? [];
  const offers = offered.map((name) => act(`Add: ${name}`, () => take(name), true));
  const days = quiet(`Days in a row: ${streak.current}`);
  return el(
    'section',
    {},
    el('h2', {}, title),
    days,
    ...lines,
    ...offers,
    act('Suggest three', () => suggest(), true),
  );
}

/** The spectrum: feelings of the last four weeks. */
async function spectrum(): Promise<void> {
  const { data } = await plinth.call('GET /v1/spectrum', {});
  const counts = new Map<string, number>();
  for (const { text, count } of data.flatMap(({ feelings }) => feelings))
    counts.set(text, (counts.get(text) ?? 0) + count);
  const most = Math.max(1, ...counts.values());
  const bars = [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([text, value]) => el('label', {}, `${text}: ${value}`, el('meter', { max: most, value })));
  show(
    el('section', {}, ...(bars.length === 0 ? [quiet('What you write in the mirror shows up here.')] : bars)),
  );
}

const TABS = { Mirror: mirror, Turn: turns, Lens: lens, Spectrum: spectrum } as const;
type Tab = keyof typeof TABS;
let tab: Tab = 'Mirror';

async function open(name: Tab): Promise<void> {
  tab = name;
  says('');
  show();
  for (const one of byId('tabs').children) one.ariaCurrent = one.textContent === name ? 'page' : null;
  await TABS[name]();
}

/** Signing in, and up. */
function signIn(): HTMLFormElement {
  const form = el(
    'form',
    {},
    el('label', {}, 'Email', el('input', { name: 'email', type: 'email', autocomplete: 'email' })),
    el('label', {}, 'Password', el('input', { name: 'password', type: 'password' })),
  );
  const enter = (how: 'signUp' | 'signIn') => async () => {
    const given = { email: field(form, 'email'), password: field(form, 'password') };
    const { status } = await plinth.auth[how](given);
    if (status === 'signed_in') await start();
    else says(status === 'mfa_required' ? 'This app takes no second factor.' : 'Look into your mails.');
  };
  form.append(act('Sign up', enter('signUp')), act('Sign in', enter('signIn'), true));
  return form;
}

async function start(): Promise<void> {
  const isKnown = await plinth.me.get().then(
    () => true,
    (error: unknown) => {
      if (error instanceof Unauthenticated) return false;
      throw error;
    },
  );
  byId('who').replaceChildren(
    ...(isKnown ? [act('Sign out', () => plinth.auth.signOut().then(start), true)] : []),
  );
  byId('tabs').replaceChildren(
    ...(isKnown ? (Object.keys(TABS) as Tab[]).map((name) => act(name, () => open(name), true)) : []),
  );
  if (isKnown) await open(tab);
  else show(signIn());
}

await start().catch((error: unknown) => {
  if (error instanceof NoAnswer) unsent = start;
  failed(error);
});
