import { type Client, LimitExceeded, NoAnswer, PlanRequired, spentOn, Unavailable } from '@plinth/sdk';
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import { LONGEST, type Model, summarize } from './model.ts';

export interface Parts {
  readonly model: Model;
  /** With the key of a platform admin, who may ask for permits of any account. */
  readonly plinth: Client;
  /** You know your customers: this says which account of Plinth's is theirs. */
  readonly accountOf: (request: Request) => string;
}

/** The same endpoint under the limits of each customer's plan, with every call in the ledger. */
export function createServer({ model, plinth, accountOf }: Parts): Express {
  const app = express();
  app.use(express.json());

  app.post('/summaries', async (request, response) => {
    const { text } = request.body as { text: string };
    // The most that the call may cost. A letter is at most a token.
    const estimate = { model: model.name, prompt_tokens: text.length, completion_tokens: LONGEST };
    const summary = await plinth.withPermit(
      { product: 'gateway', feature: 'external', estimate },
      async (permit) => {
        const done = await summarize(model, text, permit.signal);
        permit.spent(spentOn(model.name, done.answer));
        return done.summary;
      },
      { accountId: accountOf(request) },
    );
    response.json({ summary });
  });

  app.use(refusals);
  return app;
}

/** What a customer is told who may not, or not now. Other errors are not this one's business. */
// oxlint-disable-next-line max-params -- Express knows an error handler by its four
const refusals: ErrorRequestHandler = (error, _request, response, next) => {
  if (error instanceof LimitExceeded) {
    const { limit, resetsAt, upgrade, retryAfter } = error;
    if (retryAfter !== undefined) response.set('Retry-After', String(retryAfter));
    response.status(429).json({ error: 'limit_exceeded', limit, resets_at: resetsAt, upgrade });
  } else if (error instanceof PlanRequired) {
    response.status(402).json({ error: 'plan_required', upgrade: error.upgrade });
  } else if (error instanceof Unavailable || error instanceof NoAnswer) {
    // Nothing was begun: without a permit there is no call.
    response.status(503).set('Retry-After', '5').json({ error: 'unavailable' });
  } else next(error);
};
