import { createSigningKeys, type ProductContext } from 'plinth/product';
import { createLicenseDesk } from './admin/licenses.ts';
import { createActivityAnalytics } from './analytics/activity.ts';
import { createAnalytics } from './analytics/analytics.ts';
import { createCheckout } from './checkout/checkout.ts';
import { successPage } from './checkout/pages.ts';
import { createLicenses } from './licenses/license.ts';
import { rehash, rotateKey } from './licenses/rotation.ts';
import { validity } from './machines/validity.ts';
import { createLicenseViews } from './licenses/views.ts';
import { createLetters } from './lifecycle/letters.ts';
import { createLifecycle } from './lifecycle/lifecycle.ts';
import { createMachines } from './machines/machines.ts';
import { createLicenseFiles } from './signing/files.ts';
import { createMemoryContext } from './memory/context/service.ts';
import { createDecisions } from './memory/decisions/service.ts';
import { createDigests } from './memory/digests/digests.ts';
import { createRefinement } from './memory/digests/refinement.ts';
import { createContextDocuments } from './memory/documents/service.ts';
import { createGraph } from './memory/graph/service.ts';
import { createPatterns } from './memory/patterns/service.ts';
import { forgetDeparted } from './memory/sessions/departed.ts';
import { doPending, type PendingShare } from './memory/sessions/pending.ts';
import { createMemorySessions } from './memory/sessions/service.ts';
import { createSessionFiles } from './memory/session-files/service.ts';
import { createHolders } from './sessions/holders.ts';
import { createSessions } from './sessions/sessions.ts';
import { createSessionTokens } from './sessions/tokens.ts';
import { revokedFiles } from './signing/revocations.ts';
import { createSigning } from './signing/signing.ts';
import { LICENSE_KEYS } from './signing/store.ts';

/** The service of Coditect's routes and jobs. */
export function createCoditect(context: ProductContext) {
  const keys = createSigningKeys({ ...context, store: LICENSE_KEYS });
  const views = createLicenseViews(context);
  const letters = createLetters({ ...context, views, keys });
  const licenses = createLicenses(context);
  const signing = createSigning({ keys });
  const decisions = createDecisions(context);
  const tokens = createSessionTokens({ signing });
  const memory = createMemorySessions({
    ...context,
    decisionsOf: decisions.ofSession,
    onStored: () => digests.soon(),
  });
  const digests = createDigests({ ...context, everyMessage: memory.everyMessage });
  return {
    licenses,
    analytics: createAnalytics(context),
    activityAnalytics: createActivityAnalytics(context),
    desk: createLicenseDesk({ ...context, letters }),
    letters,
    lifecycle: createLifecycle({ ...context, letters }),
    views,
    machines: createMachines(context),
    validity: (asked: Parameters<typeof validity>[1]) => validity(context, asked),
    signingKeys: keys,
    signing,
    tokens,
    sessions: createSessions({ ...context, licenses, tokens }),
    holders: createHolders({ ...context, licenses }),
    files: createLicenseFiles({ keys, views }),
    rotateKey: (call: Parameters<typeof rotateKey>[1]) => rotateKey(context, call),
    rehash: () => rehash(context),
    checkout: createCheckout(context),
    successPage: (session: string) => successPage({ db: context.db, views }, session),
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
    revoked: () => revokedFiles(context.db),
  };
}

export type Coditect = ReturnType<typeof createCoditect>;
