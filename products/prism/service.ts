import type { JobFailure, ProductContext, RunningJob } from 'plinth/product';
import { createLens } from './lens/service.ts';
import { createSuggestions } from './lens/suggestions.ts';
import { createClosing } from './mirror/closing.ts';
import { createMessages } from './mirror/messages.ts';
import { createSessions } from './mirror/sessions.ts';
import { drawFragments, giveUpDrawing } from './mirror/drawing.ts';
import { createProfiles } from './profile/service.ts';
import { createSpectrum } from './spectrum/service.ts';
import { createTurns } from './turns/service.ts';

/** The service of Prism's routes and jobs. */
export function createPrism(context: ProductContext) {
  const [profiles, turns, sessions, lens] = [
    createProfiles(context),
    createTurns(context),
    createSessions(context),
    createLens(context),
  ];
  return {
    plan: context.plan,
    profiles,
    turns,
    sessions,
    lens,
    messages: createMessages(context),
    closing: createClosing({ context, sessions, profiles }),
    suggest: createSuggestions(context),
    spectrumOf: createSpectrum(context),
    drawFragments: (job: RunningJob) => drawFragments(context, job),
    giveUpDrawing: (job: RunningJob, failure: JobFailure) => giveUpDrawing(context, job, failure),
    /** Deletes for good what was deleted 30 days ago, of all accounts. */
    async purge(): Promise<void> {
      await turns.purge();
      await sessions.purge();
      await lens.purge();
    },
  };
}

export type Prism = ReturnType<typeof createPrism>;
