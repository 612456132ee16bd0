import { createBackend, refusalFor } from '@plinth/sdk/backend';
import express, { type ErrorRequestHandler, type Request } from 'express';

const { PLINTH_URL = 'http://127.0.0.1:6174', PLINTH_KEY = '', PORT = '3000' } = process.env;
const plinth = createBackend({
  baseUrl: PLINTH_URL,
  apiKey: PLINTH_KEY,
  product: 'notes',
  // While Plinth does not answer, a hundred uses go on, and are reported when it is back.
  away: { most: 100, journal: process.env['JOURNAL'] },
});

/** Your own sign-in says who calls; here a header does. */
const customerOf = (request: Request) => plinth.customer(request.get('x-user') ?? 'anonymous');
/** Your own call of a model. */
const summarize = async (text: string) => ({ summary: text.slice(0, 40), micros: 200 });

const app = express();
app.use(express.json());

app.post('/sign-up', async (request, response) => {
  const { name, email } = request.body as { name: string; email: string };
  const { external_id: id } = await customerOf(request).put({ name, email });
  response.status(201).json({ id });
});

app.post('/summaries', async (request, response) => {
  const { text } = request.body as { text: string };
  const summary = await customerOf(request).withPermit('summarize', async (permit) => {
    const done = await summarize(text);
    permit.spent({ cost_micros: done.micros });
    return done.summary;
  });
  response.json({ summary });
});

app.post('/exports', async (request, response) => {
  await customerOf(request).track('export');
  response.status(202).end();
});

app.get('/plan', async (request, response) => void response.json(await customerOf(request).entitlements()));

app.post('/upgrade', async (request, response) => {
  const here = `http://${request.get('host')}`;
  const url = await customerOf(request).checkout('pro', { success_url: here, cancel_url: here });
  response.json({ url });
});

// oxlint-disable-next-line max-params -- Express knows an error handler by its four
const refusals: ErrorRequestHandler = (error, _request, response, next) => {
  const refusal = refusalFor(error);
  if (refusal === undefined) return next(error);
  response.status(refusal.status).set(refusal.headers).json(refusal.body);
};
app.use(refusals);

const listening = app.listen(Number(PORT), '127.0.0.1', () => console.log(listening.address()));
