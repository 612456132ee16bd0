import type { Patch } from './patch.ts';

const MIRROR = 'test/prism/mirror.test.ts ::';
const GATES = 'test/prism/gates.test.ts ::';
const LENS = 'test/prism/lens.test.ts ::';
const DENIES =
  'each gate denies the free plan, and opens with a purchase that the App Store’s notification tells of >';
const TEXT = 'test/products/answer-text.test.ts :: a text that somebody waits for >';
const CRISIS =
  'test/prism/crisis.test.ts :: in en, a crisis is answered with words and helplines > and nothing goes to a provider, is charged or is kept: with all limits spent, the provider down, and an expired plan';

/** Prism. */
export const PRISM: readonly Patch[] = [
  {
    name: 'messages-answered-side-by-side',
    file: 'src/products/prism/mirror/placing.ts',
    find: 'history: waiting > 0 ? undefined : await historyOf(tx, placed)',
    replace: 'history: await historyOf(tx, placed)',
    expects: `${MIRROR} messages of a session > that come at once are answered one after the other, each whole`,
  },
  {
    name: 'hang-up-ends-the-reply',
    file: 'src/products/prism/mirror/messages.ts',
    find: 'signal: endOfServer(origin.signal)',
    replace: 'signal: origin.signal',
    expects: `${MIRROR} a client that hangs up half-way finds the whole reply in the session, charged once`,
  },
  {
    name: 'deleted-session-in-spectrum',
    file: 'src/products/prism/spectrum/store.ts',
    find: 'and s.id = f.session_id and not s.trashed',
    replace: 'and s.id = f.session_id',
    expects: `${MIRROR} a session > that is deleted is gone from every read in the same moment, and for good 30 days later`,
  },
  {
    name: 'repeat-told-what-was-deleted',
    file: 'src/server/repeated.ts',
    find: 'if (replay === undefined)',
    replace: 'if (replay !== undefined)',
    expects: `${MIRROR} a session > that is deleted is gone from every read in the same moment, and for good 30 days later`,
  },
  {
    name: 'reply-stored-into-a-deleted-session',
    file: 'src/products/prism/mirror/message-store.ts',
    find: "where m.account_id = $1 and m.id = $2 and m.status = 'waiting' and exists (",
    replace: "where m.account_id = $1 and m.id = $2 and m.status = 'waiting' and true or exists (",
    expects: `${MIRROR} a session > that is deleted while a reply is written stores nothing of it`,
  },
  {
    name: 'money-held-for-fragments-of-nothing',
    file: 'src/products/prism/mirror/messages.ts',
    find: 'await next?.giveBack();',
    replace: '',
    expects: `${MIRROR} a session > that is deleted while a reply is written stores nothing of it`,
  },
  {
    name: 'money-held-for-what-follows-a-text-that-was-not-kept',
    file: 'src/platform/product/text-work.ts',
    find: 'await following?.giveBack();',
    replace: '',
    expects: `${TEXT} is an error at the end of the stream when it could not be kept, and no job goes on with it`,
  },
  {
    name: 'text-that-broke-off-not-kept',
    file: 'src/platform/ai/text-stream.ts',
    find: " || (request.take !== undefined && end.text !== '')",
    replace: '',
    expects: `${TEXT} is kept as far as it came when the model breaks off in the middle of the stream`,
  },
  {
    name: 'failure-after-words-not-told',
    file: 'src/platform/product/text-work.ts',
    find: 'if (events?.isOpen !== true) throw error;',
    replace: 'if (events !== undefined) throw error;',
    expects: `${TEXT} is an error at the end of the stream when it could not be kept, and no job goes on with it`,
  },
  {
    name: 'secret-prompt-in-a-streamed-text',
    file: 'src/platform/ai/text-reader.ts',
    find: 'this.#guarded = stream.guard?.begin();',
    replace: '',
    expects:
      'src/platform/ai/sanitizer/guard.test.ts :: a feature with secret prompts > cuts a text that is asked for by a prompt, taken word by word',
  },
  {
    name: 'time-out-of-a-model-told-as-504',
    file: 'src/products/prism/unavailable.ts',
    find: "error.code === 'provider_timeout'",
    replace: "error.code === 'provider_timed_out'",
    expects:
      'test/prism/silence.test.ts :: a provider that keeps silent is given up for the second model, and then it is a clear 503 that costs nothing',
  },
  {
    name: 'unfit-sentence-shown',
    file: 'src/products/prism/index.ts',
    find: "  replyCheck: 'sentence',\n};",
    replace: '};',
    expects: `${MIRROR} a provider that fails > with words that nobody should read: they are not shown, and the reply is words and lines that help`,
  },
  {
    name: 'fragments-without-consent',
    file: 'src/products/prism/mirror/drawing.ts',
    find: "if (!profile.insights) return { drawing: 'off', next: undefined };",
    replace: '',
    expects: `${MIRROR} fragments > are not drawn for somebody who does not want them, at the end of a session neither`,
  },
  {
    name: 'messages-past-the-session',
    file: 'src/products/prism/mirror/placing.ts',
    find: 'if (written >= max)',
    replace: 'if (written > max)',
    expects: `${GATES} ${DENIES} messages a session, which never resets`,
  },
  {
    name: 'spectrum-for-everybody',
    file: 'src/server/granted.ts',
    find: 'if (grant === undefined) return;',
    replace: 'if (grant !== undefined) return;',
    expects: `${GATES} ${DENIES} the spectrum, and its export with the larger plan`,
  },
  {
    name: 'days-of-prism-in-utc',
    file: 'src/products/prism/plans.ts',
    find: "const zoned = { by: 'account', zone: 'account' } as const;",
    replace: "const zoned = { by: 'account' } as const;",
    expects: `${GATES} moves of the time zone > reset nothing at once, and count in the next window`,
  },
  {
    name: 'crisis-passes-the-route',
    file: 'src/products/prism/turns/routes.ts',
    find: 'text: ({ body }) => body.thought,',
    replace: "text: () => 'fine',",
    expects: CRISIS,
  },
  {
    name: 'done-twice-moves-the-day',
    file: 'src/products/prism/lens/store.ts',
    find: '`done_on = coalesce(done_on, (app.now() at time zone ${zone()})::date)`',
    replace: '`done_on = (app.now() at time zone ${zone()})::date`',
    expects: `${LENS} actions > that are done twice were done once, and days in a row make a streak where the person was`,
  },
  {
    name: 'crisis-of-a-goal-asked-of-the-model',
    file: 'src/products/prism/lens/action-routes.ts',
    find: 'stored: async ({ accountId, params }, { lens }: Prism) => lens.writtenIn({ accountId, id: params.id }),',
    replace: "stored: async () => '',",
    expects: `${LENS} suggestions > are none for a goal that speaks of a crisis: nothing is asked, and nothing charged`,
  },
  {
    name: 'everything-missed-in-one-prompt',
    file: 'src/products/prism/mirror/closing.ts',
    find: 'profile.insights ? newest(missed) : []',
    replace: 'profile.insights ? missed : []',
    expects: `${MIRROR} a session of which nothing was drawn is summed up all the same, however long it was`,
  },
  {
    name: 'fragment-that-nobody-should-read',
    file: 'src/products/prism/mirror/drawing.ts',
    find: ' || !isFit(words)',
    replace: '',
    expects: `${MIRROR} a session of which nothing was drawn is summed up all the same, however long it was`,
  },
  {
    name: 'day-of-a-year-0',
    file: 'src/platform/http/calendar-day.ts',
    find: 'day >= FIRST && day <= LAST',
    replace: "day !== ''",
    expects: `${LENS} the spectrum > is asked for by days that calendars can count with`,
  },
  {
    name: 'text-that-says-nothing',
    file: 'src/products/prism/words.ts',
    find: 'SEEN.test(text)',
    replace: "text !== ''",
    expects:
      'test/prism/walk.test.ts :: what says nothing is refused, and control characters are no part of what is said',
  },
  {
    name: 'kept-crisis-told-nothing',
    file: 'src/products/prism/turns/routes.ts',
    find: 'support: shownSupport(safety)',
    replace: 'support: null',
    expects:
      'test/prism/crisis.test.ts :: in en, what nobody is asked about is kept > and words and helplines stand beside it',
  },
  {
    name: 'crisis-of-a-profile-prompted',
    file: 'src/products/prism/words.ts',
    find: "sayable !== '' && isSayable(sayable) ? sayable",
    replace: "areas.length > 0 ? areas.join(', ')",
    expects:
      'test/prism/crisis.test.ts :: what a profile says of a crisis is in no prompt, and what else it says is',
  },
  {
    name: 'long-crisis-refused',
    file: 'src/products/prism/words.ts',
    find: 'line(LONGEST_LOOK)',
    replace: 'line(most)',
    expects:
      'test/prism/crisis.test.ts :: a text in a crisis is answered however long it is, and any other one that is too long is refused for nothing',
  },
  {
    name: 'withdrawn-consent-not-heard-by-the-job',
    file: 'src/products/prism/mirror/drawing.ts',
    find: 'if (profile?.insights === false) {',
    replace: 'if (false) {',
    expects:
      'test/prism/withdrawn.test.ts :: a consent that is withdrawn before the job comes is heard: nothing is drawn out of what was said',
  },
  {
    name: 'summary-of-a-deleted-session-kept',
    file: 'src/products/prism/mirror/session-store.ts',
    find: "and status <> 'open' and summary is null and not trashed",
    replace: "and status <> 'open' and summary is null",
    expects: 'test/prism/withdrawn.test.ts :: a session that is deleted while it is summed up has no summary',
  },
  {
    name: 'hang-up-ends-the-turn',
    file: 'src/products/prism/turns/service.ts',
    find: 'signal: endOfServer(signal)',
    replace: 'signal',
    expects:
      'test/prism/withdrawn.test.ts :: whoever hangs up before their turn is there finds it among their turns, counted once',
  },
  {
    name: 'unfit-turn-counted',
    file: 'src/products/prism/unavailable.ts',
    find: "await permit.release('unusable answer');",
    replace: '{}',
    expects:
      'test/prism/outage.test.ts :: a turn that nobody should read is asked for once more, and does not count',
  },
];
