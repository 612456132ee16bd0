import type { ProductContext } from 'plinth/product';
import { createMemoryContext } from './context/service.ts';
import { createDecisions } from './decisions/service.ts';
import { createDigests } from './digests/digests.ts';
import { createRefinement } from './digests/refinement.ts';
import { createContextDocuments } from './documents/service.ts';
import { createGraph } from './graph/service.ts';
import { createPatterns } from './patterns/service.ts';
import { forgetDeparted } from './sessions/departed.ts';
import { doPending, type PendingShare } from './sessions/pending.ts';
import { createMemorySessions } from './sessions/service.ts';
import { createSessionFiles } from './session-files/service.ts';

/** Makes the service that the routes and jobs of memory are called with. */
export function createMemory(context: ProductContext) {
  const decisions = createDecisions(context);
  const memory = createMemorySessions({
    ...context,
    decisionsOf: decisions.ofSession,
    onStored: () => digests.soon(),
  });
  const digests = createDigests({ ...context, everyMessage: memory.everyMessage });
  return {
    decisions,
    documents: createContextDocuments(context),
    memory,
    sessionFiles: createSessionFiles(context),
    digests,
    refine: createRefinement({ ...context, everyMessage: memory.everyMessage }),
    patterns: createPatterns({ ...context, everyMessage: memory.everyMessage }),
    graph: createGraph(context),
    context: createMemoryContext(context),
    forgetDeparted: () => forgetDeparted(context.db),
    doPending: (share?: PendingShare) => doPending(context.db, share),
  };
}

export type Memory = ReturnType<typeof createMemory>;
