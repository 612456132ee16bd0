import type { CheckoutLinks } from '#platform/billing';
import type { Safety } from '#platform/ai';
import type { ServedAccount, ServedName } from '#platform/accounts';
import type { S3Settings } from '#platform/config';
import type { Brand, BytePlace, Caller, Mounted, Prepared, Role, Spender } from '#platform/http';
import type { Idempotency } from '#platform/idempotency';
import type { AccountId, Clock, Ids, UserId } from '#platform/kernel';
import type { PlanRates, UpgradeFor } from '#platform/entitlements';
import type { Admission, CallErrors, IdempotencyRequest, Rates } from '#platform/limits';
import type { OneTimeCodes } from '#platform/owner';
import type { Telemetry } from '#platform/telemetry';

/** The admission request of a route that spends; the wiring adds the model call that its feature plans. */
export interface SpendingRequest {
  readonly product: string;
  readonly feature: string;
  readonly as: 'job' | 'inline';
  readonly spender: Spender;
  readonly accountId: AccountId;
  readonly units: number;
  readonly subject: string | undefined;
  readonly needs: Readonly<Record<string, number>> | undefined;
  /** The route's own preparation of the request; none: the feature's policy says which model call is planned. */
  readonly prepared: Prepared | undefined;
  /** A bound on what the call puts into a prompt: the body as it came, and the stored texts that it takes. */
  readonly textBytes: number;
  readonly idempotency: IdempotencyRequest | undefined;
  readonly requestId: string;
}

/** Something that the server stands on, as /readyz tells it. */
export interface Dependency {
  readonly name: string;
  /** Without a required one the server is not ready; without another it is degraded, and ready still. */
  readonly required: boolean;
  /** Throws when it is away. */
  check(): Promise<unknown>;
}

/** Bytes of bodies that may be in memory at once, of calls that have not been answered. */
export interface BodyCapacitySettings {
  readonly process: number;
  readonly account: number;
}

/** Memory for bytes of calls: taken as they come, given back when their calls are over. All bodies, frames and uploads share it. */
export interface BodyCapacity {
  /** A place that is empty at first. */
  open(holder: { readonly account: string | undefined; readonly address: string }): BytePlace;
}

/** How many sockets may be open at once. */
export interface SocketSettings {
  readonly perAddress: number;
  readonly perAccount: number;
}

export interface ServerSettings {
  readonly version: string;
  readonly environment: 'development' | 'test' | 'production';
  readonly host: string;
  readonly port: number;
  readonly corsOrigins: readonly string[];
  /** Those of them whose pages may keep a session in a cookie. */
  readonly sessionOrigins?: readonly string[] | undefined;
  readonly publicUrl?: string | undefined;
  /** Where files are kept but in a folder: pages of the console send them there. */
  readonly s3?: S3Settings | undefined;
  /** A second place where the calls under /v1 answer: `/` for the bare root. */
  readonly publicBasePath?: string | undefined;
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[] | undefined;
  readonly metricsToken?: string | undefined;
  readonly metricsPort?: number | undefined;
  /** How many bytes of bodies may be in memory at once. */
  readonly bodyCapacity?: BodyCapacitySettings | undefined;
  readonly sockets?: SocketSettings | undefined;
  /** Whether customers see what model calls cost. */
  readonly showModelCost?: boolean;
  /** A call that has not answered after so many seconds is given up with 503; a minute when not said. */
  readonly callSeconds?: number | undefined;
  /** Whether pages of the console say that this is a sample. */
  readonly isSample?: boolean | undefined;
}

/** All that the server needs; `app.ts` gives it. */
export interface ServerParts {
  readonly settings: ServerSettings;
  readonly mounted: readonly Mounted[];
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly rates: Rates;
  /** The rates of an account's plan, for routes that count by them. */
  readonly planRates?: Pick<PlanRates, 'now'>;
  readonly idempotency: Idempotency;
  readonly dependencies: readonly Dependency[];
  /** How many transactions of an account, or of an address, wait for the database. */
  readonly waitingIn: (lane: string) => number;
  /** The owner of a token or key; undefined when it is none of ours, or no longer good. */
  readonly identify: (bearer: string, ip: string) => Promise<Caller | undefined>;
  /** The role of a user in an account; undefined when not a member. */
  readonly roleOf: (userId: UserId, accountId: AccountId) => Promise<Role | undefined>;
  /** Needed as soon as a route is called on behalf of accounts: the one that the call names. Throws where there is none. */
  readonly servedAccount?: (name: ServedName) => Promise<ServedAccount>;
  /** Needed as soon as a route is for one kind of account: the kind of one that the user is a member of. */
  readonly kindOf?: (
    userId: UserId,
    accountId: AccountId,
  ) => Promise<'personal' | 'organization' | undefined>;
  /** Whether the operator's backend archived an account that the user is a member of. */
  readonly isArchived?: (userId: UserId, accountId: AccountId) => Promise<boolean>;
  /** Needed as soon as a route asks for a step-up: throws `step_up_required` for a session that was not proven lately. */
  readonly assertProven?: (caller: Caller) => Promise<void>;
  /**
   * The local owner's key, which the docs page fills in for a browser on this machine that has the code which the server shows; never
   * asked for in production.
   */
  readonly docsKey?: { readonly codes: OneTimeCodes; readonly read: () => Promise<string | undefined> };
  /** Needed as soon as a route answers a page: the brand of a product, or of the server. */
  readonly brandOf?: (product: string | undefined) => Brand;
  /** Needed as soon as a route spends. */
  readonly admit?: (request: SpendingRequest) => Promise<Admission>;
  /** The id of the cheapest plan that would admit it: `reel.standard`. */
  readonly upgradeFor?: UpgradeFor;
  /** That plan, and a pack of credits, with their prices, and links to their checkouts where there is a buyer. */
  readonly offersIn?: CheckoutLinks['offersIn'];
  /** Where failed calls of accounts are counted. */
  readonly callErrors?: Pick<CallErrors, 'count'>;
  /** Where findings of prechecks are written down, and who gives a second look. The precheck itself needs neither. */
  readonly safety?: Pick<Safety, 'findings' | 'moderate'>;
}
