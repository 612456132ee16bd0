import express, { type Express } from 'express';
import { type Model, summarize } from './model.ts';

/** An AI endpoint as one writes it first: every caller is served, as often as they come. */
export function createServer(model: Model): Express {
  const app = express();
  app.use(express.json());

  app.post('/summaries', async (request, response) => {
    const { text } = request.body as { text: string };
    const { summary } = await summarize(model, text);
    response.json({ summary });
  });

  return app;
}
