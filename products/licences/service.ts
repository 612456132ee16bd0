import { createSigningKeys, type ProductContext } from 'plinth/product';
import { createLicenseDesk } from './admin/licenses.ts';
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
import { createHolders } from './sessions/holders.ts';
import { createSessions } from './sessions/sessions.ts';
import { createSessionTokens } from './sessions/tokens.ts';
import { revokedFiles } from './signing/revocations.ts';
import { createSigning } from './signing/signing.ts';
import { LICENSE_KEYS } from './signing/store.ts';

/** Makes the service that the routes and jobs of licences are called with. */
export function createLicences(context: ProductContext) {
  const keys = createSigningKeys({ ...context, store: LICENSE_KEYS });
  const views = createLicenseViews(context);
  const letters = createLetters({ ...context, views, keys });
  const licenses = createLicenses(context);
  const signing = createSigning({ keys });
  const tokens = createSessionTokens({ signing });
  return {
    licenses,
    analytics: createAnalytics(context),
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
    revoked: () => revokedFiles(context.db),
  };
}

export type Licences = ReturnType<typeof createLicences>;
