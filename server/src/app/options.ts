import type { Config } from '#platform/config';
import type { CrashHook, Database, Store } from '#platform/db';
import type { Finding } from '#platform/diagnosis';
import type { Clock } from '#platform/kernel';
import type { Sample } from '#platform/owner';

/** A sandbox of Stripe that is running already. */
export interface StripeStandIn {
  readonly url: string;
  readonly secretKey: string;
}

/** A sandbox of Google Play that is running already. */
export interface GooglePlayStandIn {
  readonly url: string;
  readonly packageName: string;
  readonly serviceAccount: () => string | Promise<string>;
  readonly isRunning?: () => boolean;
}

/** A sandbox of the App Store that is running already. */
export interface AppStoreStandIn {
  readonly url: string;
  readonly root: string;
  readonly app: {
    readonly bundleId: string;
    readonly appId: number;
    readonly environment: 'Production' | 'Sandbox';
  };
  readonly key: { readonly pem: string; readonly keyId: string; readonly issuerId: string };
  /** `sandbox` when not said. */
  readonly mode?: 'live' | 'test';
}

export interface AppOptions {
  readonly config: Config;
  readonly version: string;
  /** Whether this process answers calls, runs jobs, or both. It tells its health and metrics in any case. */
  readonly serve: boolean;
  readonly work: boolean;
  /** Whether to bring the database up to date first; otherwise one that is not up to date is refused. */
  readonly migrate: boolean;
  /** Whether a first start makes the local owner and `owner.json`. */
  readonly owner?: boolean;
  /** The process can't go on: its lease is lost. It must end at once. */
  readonly onLost: (reason: string) => void;
  /** The database, when it is opened already: it may begin while the rest of the program is still loaded. */
  readonly store?: Promise<Store>;
  readonly clock?: Clock;
  /** Looks at all that the program stands on, for platform admins; without it there is nothing to look at. */
  readonly diagnose?: (db: Database, config: Config) => Promise<readonly Finding[]>;
  /** The sample shop beside this server; without it there is none. */
  readonly sample?: Sample;
  readonly crashHook?: CrashHook;
  /** In place of one of this process's own: a sandbox whose clock a test drives. */
  readonly stripeSandbox?: StripeStandIn;
  /** The same of Google Play. */
  readonly googlePlaySandbox?: GooglePlayStandIn;
  /** The same of the App Store, one for each of its environments. */
  readonly appStoreSandbox?: readonly AppStoreStandIn[];
}
