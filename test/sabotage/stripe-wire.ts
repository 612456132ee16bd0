import type { Patch } from './patch.ts';

const WIRE = 'sandboxes/src/stripe/wire';
const SPEAKING = `${WIRE}/wire.test.ts ::`;

/** How the stand-in for Stripe speaks: what it forgives, Stripe does not. */
export const STRIPE_WIRE: readonly Patch[] = [
  {
    name: 'stripe-sandbox-key-for-anything',
    file: `${WIRE}/idempotency.ts`,
    find: 'if (known.params !== params) throw',
    replace: 'if (known.params === undefined) throw',
    expects: `${SPEAKING} idempotency keys > another request with a key that is taken is refused`,
  },
  {
    name: 'stripe-sandbox-answers-late',
    file: `${WIRE}/request-handler.ts`,
    find: "if (fault?.kind === 'hold') await this.#parts.faults.hold(pathOf(request));",
    replace: '',
    expects: `${SPEAKING} what goes wrong > an answer under way says what was true when it was made, whatever happened since`,
  },
  {
    name: 'stripe-sandbox-gives-up',
    file: `${WIRE}/webhook-sender.ts`,
    find: 'else if (!isDone) this.#later(next);',
    replace: '',
    expects: `${WIRE}/webhooks.test.ts :: messages > that are not taken are sent again, ever later, with a new signature`,
  },
  {
    name: 'stripe-sandbox-sells-to-strangers',
    file: 'sandboxes/src/stripe/portal/actions.ts',
    find: 'idOf(one.customer) === session.customer && one.ended_at === null',
    replace: 'one.ended_at === null',
    expects: `sandboxes/src/stripe/portal/portal.test.ts :: a person in the portal > reaches nobody else’s subscription`,
  },
  {
    name: 'stripe-sandbox-forgets-its-failures',
    file: `${WIRE}/request-handler.ts`,
    find: 'reply.status === 400 || reply.status === 404 ?',
    replace: 'reply.status !== 200 ?',
    expects: `${SPEAKING} idempotency keys > a failure of its own is answered again under the same key, whether it was carried out or not`,
  },
  {
    name: 'stripe-sandbox-moves',
    file: 'sandboxes/src/stripe/index.ts',
    find: 'listenAgain(listener, former)',
    replace: 'listenAgain(listener, 0)',
    expects:
      'sandboxes/src/stripe/state-file.test.ts :: pages are where they were before a restart, or elsewhere when somebody is there by now',
  },
];
