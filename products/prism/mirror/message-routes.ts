import {
  namedObject,
  type Origin,
  productRoutes,
  type Safety,
  type SafetySupport,
  TextEvents,
  wantsEvents,
  type Wire,
} from 'plinth/product';
import { z } from 'zod';
import type { Prism } from '../service.ts';
import { localeOf } from '../locale.ts';
import { supportInstead, supportAgain } from '../safety.ts';
import { assertLength, longLine, readAgain } from '../words.ts';
import type { Exchange } from './messages.ts';
import { HISTORY_BYTES } from './placing.ts';
import { exchange, shownCrisis, shownExchange } from './replies.ts';

const route = productRoutes<Prism>();

/** Characters. */
const LONGEST_MESSAGE = 4_000;

/** Words and lines beside a reply: for what was written, or where what the model wrote was not fit to be shown. */
function supportOf({ reply }: Exchange, support: SafetySupport, locale: string | undefined): SafetySupport {
  return reply.safety === 'ok' ? support : supportInstead(locale);
}

/** POST /v1/mirror/messages: a look at the text, admission, the model, and one commit; words as they come, if asked for. */
export const sendMessage = route(
  'POST /v1/mirror/messages',
  {
    summary: 'Send a message to a session',
    description: [
      'Answers with the reply. With `Accept: text/event-stream` the answer is a stream of events: `safety` (`{status, kinds}`), `words` (`{text}`) as they come, and at last `done` with what the plain answer is; `error` in its place where the model broke off before a word. A client that hangs up finds the reply in the session.',
      'Messages of one session are answered one after the other. A repeat of an Idempotency-Key is answered plainly.',
      'To somebody in a crisis it answers with words and helplines: nothing is generated, kept or charged, whatever your plan and limits say.',
    ].join('\n\n'),
    tag: 'Prism Mirror',
    auth: 'account',
    may: 'member',
    scope: 'prism:write',
    rate: { perMinute: 120, by: 'account' },
    maxSeconds: 150,
    precheck: {
      text: ({ body }) => body.content,
      locale: localeOf,
      crisis: (support, { body }) => shownCrisis(support, body),
      crisisEvents: (support, { body }) => [
        { event: 'safety', data: support.safety },
        { event: 'done', data: shownCrisis(support, body) },
      ],
    },
    spends: {
      feature: 'mirror_message',
      as: 'inline',
      storedBytes: HISTORY_BYTES,
      async check({ accountId, body }, { messages }: Prism) {
        assertLength('content', body.content, LONGEST_MESSAGE);
        await messages.check(accountId, body.session_id);
      },
      replay: ({ accountId, kept }, { messages, profiles }: Prism) =>
        readAgain(kept, async (id) => {
          const made = await messages.read({ accountId, id });
          const locale = await profiles.localeOf(accountId);
          return shownExchange(made, supportOf(made, supportAgain(made.message, locale), locale));
        }),
    },
    body: namedObject('NewMirrorMessage', { session_id: z.uuid(), content: longLine(LONGEST_MESSAGE) }),
    reply: { 200: exchange },
    produces: ['application/json', 'text/event-stream'],
    errors: [
      'not_found',
      'mirror_session_closed',
      'mirror_session_busy',
      'limit_exceeded',
      'provider_unavailable',
      'provider_rejected',
      'answer_unusable',
    ],
  },
  async ({ accountId, permit, body, origin, wire, safety: support }, { messages, profiles }) => {
    const profile = await profiles.read(accountId);
    const saying = { accountId, permit, profile, origin };
    const words = { sessionId: body.session_id, content: body.content, safety: support.safety };
    const toJson = (made: Exchange) =>
      shownExchange(made, supportOf(made, support, profile.locale ?? undefined));
    if (!wantsEvents(wire)) return toJson(await messages.say(saying, words));
    const events = new ReplyEvents(wire, { origin, safety: support.safety });
    try {
      await events.done(toJson(await messages.say(saying, words, events.words)));
    } catch (error) {
      if (!events.isOpen) throw error;
      await permit.finish('broken off');
      await events.failed(error);
    }
    return undefined;
  },
);

/** A reply on its way to a client that asked for events: `safety`, then `words` as they come, and `done` with the whole. */
class ReplyEvents extends TextEvents {
  constructor(wire: Wire, { origin, safety }: { readonly origin: Origin; readonly safety: Safety }) {
    super(wire, { origin, first: { event: 'safety', data: safety } });
  }
}
