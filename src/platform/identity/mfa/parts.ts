import type { Secrets } from '#platform/secrets';
import type { Callers } from '../callers.ts';
import type { EnteringParts } from '../entering.ts';
import type { Guessing } from '../guessing.ts';
import type { ProofParts } from '../proof.ts';
import type { PasskeySettings } from './webauthn.ts';

export interface MfaParts extends EnteringParts, ProofParts {
  readonly callers: Pick<Callers, 'forget'>;
  readonly guessing: Guessing;
  readonly secrets: Pick<Secrets, 'seal' | 'open'>;
  readonly passkeySettings: PasskeySettings;
}
