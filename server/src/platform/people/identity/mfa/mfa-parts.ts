import type { Secrets } from '#platform/secrets';
import type { Callers } from '../callers/callers.ts';
import type { SessionOpeningParts } from '../sessions/session-opening.ts';
import type { Guessing } from '../guessing/guessing.ts';
import type { ProofParts } from '../sessions/proof.ts';
import type { PasskeySettings } from './webauthn.ts';

export interface MfaParts extends SessionOpeningParts, ProofParts {
  readonly callers: Pick<Callers, 'forget'>;
  readonly guessing: Guessing;
  readonly secrets: Pick<Secrets, 'seal' | 'open'>;
  readonly passkeySettings: PasskeySettings;
}
