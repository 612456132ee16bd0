import { handle } from '../../../server/handle.ts';

/** The page where a plan is paid; from there the visitor comes back to `home`. */
export const POST = handle<{ readonly plan: string; readonly home: string }>(
  ({ plinth, body: { plan, home }, once }) =>
    plinth.billing.checkout(
      { product: 'reel', plan, success_url: `${home}/?bought`, cancel_url: home },
      once,
    ),
);
