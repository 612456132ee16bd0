// Made from docs/generated/openapi.json by `npm run generate`.

/** What each route takes and answers. */
export interface Routes {
  /** End a grant now */
  'DELETE /v1/admin/grants/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      readonly account_id: string;
      readonly product: string;
      readonly plan: string | null;
      readonly add_on: string | null;
      readonly source: 'admin' | 'owner' | 'import' | 'stripe' | 'app_store' | 'google_play';
      /** Of a plan that is sold by the seat: how many; else 1. */
      readonly quantity: number;
      readonly starts_at: string;
      /** An exact end; null: none, or `days` say how long it lasts. */
      readonly ends_at: string | null;
      /** An add-on’s days, which begin when those given before are over. */
      readonly days: number | null;
      readonly cause: string;
      readonly created_by: string | null;
      readonly created_at: string;
      readonly revoked_at: string | null;
    };
  };
  /** Delete a job that was given up */
  'DELETE /v1/admin/jobs/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Delete an endpoint with its deliveries */
  'DELETE /v1/admin/webhooks/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Revoke an API key */
  'DELETE /v1/api-keys/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Remove a passkey */
  'DELETE /v1/auth/mfa/passkeys/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Remove the authenticator app */
  'DELETE /v1/auth/mfa/totp': {
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Sign a device out */
  'DELETE /v1/auth/sessions/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Cancel a subscription */
  'DELETE /v1/billing/subscription': {
    readonly query: {
      /** Needed where the account has subscriptions of several products. */
      readonly product?: string | undefined;
      readonly when?: 'now' | 'period_end' | undefined;
    };
    readonly reply: {
      readonly ok: true;
      /** When it ends, or has ended. */
      readonly ends_at: string;
    };
  };
  /** Put an asset into the trash */
  'DELETE /v1/library/assets/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Close your account */
  'DELETE /v1/me': {
    readonly body: {
      readonly password?: string | undefined;
    };
    readonly reply: {
      readonly status: 'closed';
      readonly restorable_until: string;
    };
  };
  /** Sign in by a provider no more */
  'DELETE /v1/me/identities/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Close an organization */
  'DELETE /v1/organizations/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      readonly name: string;
      readonly status: 'active' | 'suspended';
      readonly role: 'viewer' | 'member' | 'admin' | 'owner';
      /** Until when a closed one can be opened again; null: it is open. */
      readonly restorable_until: string | null;
      readonly created_at: string;
      readonly updated_at: string;
    };
  };
  /** Revoke an invitation */
  'DELETE /v1/organizations/{id}/invitations/{invitation_id}': {
    readonly params: {
      readonly id: string;
      readonly invitation_id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Remove a member, or leave */
  'DELETE /v1/organizations/{id}/members/{user_id}': {
    readonly params: {
      readonly id: string;
      readonly user_id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** End single sign-on */
  'DELETE /v1/organizations/{id}/sso': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Give a domain up */
  'DELETE /v1/organizations/{id}/sso/domains/{domain}': {
    readonly params: {
      readonly id: string;
      readonly domain: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Forget whom the provider means by a user */
  'DELETE /v1/organizations/{id}/sso/links/{user_id}': {
    readonly params: {
      readonly id: string;
      readonly user_id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Read the account that calls are for */
  'GET /v1/account': {
    readonly reply: {
      readonly id: string;
      readonly kind: 'personal' | 'organization';
      readonly name: string;
      /** Where its days, weeks and months begin, for limits that count in them: `Europe/Berlin`. */
      readonly time_zone: string;
    };
  };
  /** Read who did what in the account that calls are for */
  'GET /v1/account/audit': {
    readonly query: {
      /** The id of a user or of a key. */
      readonly actor?: string | undefined;
      /** One action (`member.left`), or all of a subject (`member`). */
      readonly action?: string | undefined;
      /** The id of what it was done to. */
      readonly target?: string | undefined;
      /** From this instant on. */
      readonly from?: string | undefined;
      /** Before this instant. */
      readonly until?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly created_at: string;
        readonly action: string;
        /** The person behind it, through a key too. */
        readonly user_id: string | null;
        readonly target: {
          readonly kind: string;
          readonly id: string | null;
        } | null;
        readonly actor: {
          readonly kind: 'user' | 'key' | 'system' | 'store';
          readonly id: string | null;
        };
        readonly changes: Readonly<Record<string, unknown>>;
        readonly ip: string | null;
        readonly user_agent: string | null;
        readonly request_id: string | null;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Export the audit of the account that calls are for */
  'GET /v1/account/audit/export': {
    readonly query: {
      readonly format: 'csv' | 'jsonl';
      /** The id of a user or of a key. */
      readonly actor?: string | undefined;
      /** One action (`member.left`), or all of a subject (`member`). */
      readonly action?: string | undefined;
      /** The id of what it was done to. */
      readonly target?: string | undefined;
      /** From this instant on. */
      readonly from?: string | undefined;
      /** Before this instant. */
      readonly until?: string | undefined;
    };
    readonly reply: unknown;
  };
  /** Read who did what, in all accounts */
  'GET /v1/admin/audit': {
    readonly query: {
      /** The id of a user or of a key. */
      readonly actor?: string | undefined;
      /** One action (`member.left`), or all of a subject (`member`). */
      readonly action?: string | undefined;
      /** The id of what it was done to. */
      readonly target?: string | undefined;
      /** From this instant on. */
      readonly from?: string | undefined;
      /** Before this instant. */
      readonly until?: string | undefined;
      /** Of this account alone. */
      readonly account?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly created_at: string;
        readonly action: string;
        /** The person behind it, through a key too. */
        readonly user_id: string | null;
        readonly target: {
          readonly kind: string;
          readonly id: string | null;
        } | null;
        readonly actor: {
          readonly kind: 'user' | 'key' | 'system' | 'store';
          readonly id: string | null;
        };
        readonly changes: Readonly<Record<string, unknown>>;
        readonly ip: string | null;
        readonly user_agent: string | null;
        readonly request_id: string | null;
        readonly account_id: string | null;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Export the audit of all accounts */
  'GET /v1/admin/audit/export': {
    readonly query: {
      readonly format: 'csv' | 'jsonl';
      /** The id of a user or of a key. */
      readonly actor?: string | undefined;
      /** One action (`member.left`), or all of a subject (`member`). */
      readonly action?: string | undefined;
      /** The id of what it was done to. */
      readonly target?: string | undefined;
      /** From this instant on. */
      readonly from?: string | undefined;
      /** Before this instant. */
      readonly until?: string | undefined;
      /** Of this account alone. */
      readonly account?: string | undefined;
    };
    readonly reply: unknown;
  };
  /** What stores told, newest first, and what became of it */
  'GET /v1/admin/billing/inbox': {
    readonly query: {
      readonly state?: 'received' | 'applied' | 'waiting' | 'ignored' | 'dead' | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly event_id: string;
        readonly store: 'stripe' | 'app_store' | 'google_play';
        readonly mode: 'live' | 'test' | 'sandbox';
        readonly type: string;
        /** What it is about; null: nothing that is looked at. */
        readonly kind: 'customer' | 'subscription' | 'invoice' | 'payment' | 'checkout' | null;
        readonly object_id: string | null;
        /** `reconciler`: the store never told it, it was found by asking. */
        readonly via: 'webhook' | 'reconciler';
        /** `waiting`: its customer is nobody here yet. `ignored`: nothing that we sell. `dead`: its object was given up. */
        readonly state: 'received' | 'applied' | 'waiting' | 'ignored' | 'dead';
        /** By the store’s clock. */
        readonly occurred_at: string;
        readonly received_at: string;
        readonly settled_at: string | null;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Objects of stores that were given up, newest first */
  'GET /v1/admin/billing/inbox/dead': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly store: 'stripe' | 'app_store' | 'google_play';
        readonly mode: 'live' | 'test' | 'sandbox';
        readonly kind: 'customer' | 'subscription' | 'invoice' | 'payment' | 'checkout';
        readonly object_id: string;
        /** The code of the last failure. */
        readonly error: string;
        readonly attempts: number;
        /** When it was first hinted at. */
        readonly hinted_at: string;
        readonly given_up_at: string;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** MRR, ARR, churn and new customers, by month */
  'GET /v1/admin/billing/recurring': {
    readonly query: {
      /** What sums are told apart by, with commas between: product, plan. Empty: one sum of all. */
      readonly group?: string | undefined;
      /** The first day; without it, the first of the present month. */
      readonly from?: string | undefined;
      /** The day after the last; without it, tomorrow. */
      readonly until?: string | undefined;
      /** Where days begin: `Europe/Berlin`. */
      readonly zone?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** Without it, what the Accept header says. */
      readonly format?: 'json' | 'csv' | undefined;
    };
    readonly reply: {
      /** The first day. */
      readonly from: string;
      /** The day after the last. */
      readonly until: string;
      readonly zone: string;
      readonly data: readonly ({
        readonly month: string;
        readonly currency: string;
        readonly product?: string;
        readonly plan?: string;
        /** Accounts that paid when the month began. */
        readonly customers_before: number;
        /** And when it ended: now, of the present one. */
        readonly customers: number;
        readonly new_customers: number;
        /** Had paid before, and not when the month began. */
        readonly returned_customers: number;
        readonly churned_customers: number;
        readonly mrr_before_minor: number;
        /** A twelfth of what subscriptions bring in a year, discounts taken off, without taxes. */
        readonly mrr_minor: number;
        readonly new_minor: number;
        readonly returned_minor: number;
        readonly expansion_minor: number;
        readonly contraction_minor: number;
        readonly churned_minor: number;
        readonly arr_minor: number;
        /** churned_customers ÷ customers_before; null: there were none. */
        readonly logo_churn: number | null;
        /** (churned + contraction) ÷ mrr_before */
        readonly revenue_churn: number | null;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** What was sold, less what went back, net of fees */
  'GET /v1/admin/billing/revenue': {
    readonly query: {
      /** What sums are told apart by, with commas between: month, account, product, plan, item, kind. Empty: one sum of all. */
      readonly group?: string | undefined;
      readonly account_id?: string | undefined;
      /** The first day; without it, the first of the present month. */
      readonly from?: string | undefined;
      /** The day after the last; without it, tomorrow. */
      readonly until?: string | undefined;
      /** Where days begin: `Europe/Berlin`. */
      readonly zone?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** Without it, what the Accept header says. */
      readonly format?: 'json' | 'csv' | undefined;
    };
    readonly reply: {
      /** The first day. */
      readonly from: string;
      /** The day after the last. */
      readonly until: string;
      readonly zone: string;
      readonly data: readonly ({
        readonly month?: string;
        readonly account_id?: string | null;
        readonly product?: string | null;
        /** `reel.pro`; null: an add-on, or units past a limit. */
        readonly plan?: string | null;
        /** What was sold: `reel.pro`, `reel.pro_boost`, `gateway.calls`. */
        readonly item?: string | null;
        readonly kind?: 'sale' | 'refund' | 'dispute';
        readonly currency: string;
        readonly sales: number;
        /** What customers paid, taxes included, less what went back. */
        readonly gross_minor: number;
        /** What stores kept. */
        readonly fee_minor: number;
        readonly tax_minor: number;
        /** gross − fee − tax */
        readonly net_minor: number;
        /** Of how many sales the store has not said yet what it kept. */
        readonly fees_missing: number;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** What an account was given, newest first */
  'GET /v1/admin/grants': {
    readonly query: {
      readonly account_id: string;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly account_id: string;
        readonly product: string;
        readonly plan: string | null;
        readonly add_on: string | null;
        readonly source: 'admin' | 'owner' | 'import' | 'stripe' | 'app_store' | 'google_play';
        /** Of a plan that is sold by the seat: how many; else 1. */
        readonly quantity: number;
        readonly starts_at: string;
        /** An exact end; null: none, or `days` say how long it lasts. */
        readonly ends_at: string | null;
        /** An add-on’s days, which begin when those given before are over. */
        readonly days: number | null;
        readonly cause: string;
        readonly created_by: string | null;
        readonly created_at: string;
        readonly revoked_at: string | null;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Jobs of all accounts, newest first: those that were given up when nothing else is said */
  'GET /v1/admin/jobs': {
    readonly query: {
      readonly status?: 'ready' | 'delayed' | 'running' | 'done' | 'dead' | 'cancelled' | undefined;
      readonly kind?: string | undefined;
      readonly lane?: 'interactive' | 'batch' | undefined;
      readonly account_id?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        /** What it does: `product.job`. */
        readonly kind: string;
        readonly lane: 'interactive' | 'batch';
        /** `dead`: it failed for good. */
        readonly status: 'ready' | 'delayed' | 'running' | 'done' | 'dead' | 'cancelled';
        /** null: it has not told how far it is. */
        readonly progress: {
          readonly done: number;
          readonly total: number;
        } | null;
        /** 0 before the first. */
        readonly attempt: number;
        /** Why its last attempt failed: an error code, or a few words. */
        readonly error: string | null;
        /** When it was, or will be, due. */
        readonly run_at: string;
        readonly created_at: string;
        readonly updated_at: string;
        /** The nil UUID: nobody’s, enqueued by a schedule. */
        readonly account_id: string;
        /** Ids only. */
        readonly payload: Readonly<Record<string, string>>;
        readonly permit_id: string | null;
        /** How often it may be tried. */
        readonly max_attempts: number;
        readonly request_id: string;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** One job of any account */
  'GET /v1/admin/jobs/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      /** What it does: `product.job`. */
      readonly kind: string;
      readonly lane: 'interactive' | 'batch';
      /** `dead`: it failed for good. */
      readonly status: 'ready' | 'delayed' | 'running' | 'done' | 'dead' | 'cancelled';
      /** null: it has not told how far it is. */
      readonly progress: {
        readonly done: number;
        readonly total: number;
      } | null;
      /** 0 before the first. */
      readonly attempt: number;
      /** Why its last attempt failed: an error code, or a few words. */
      readonly error: string | null;
      /** When it was, or will be, due. */
      readonly run_at: string;
      readonly created_at: string;
      readonly updated_at: string;
      /** The nil UUID: nobody’s, enqueued by a schedule. */
      readonly account_id: string;
      /** Ids only. */
      readonly payload: Readonly<Record<string, string>>;
      readonly permit_id: string | null;
      /** How often it may be tried. */
      readonly max_attempts: number;
      readonly request_id: string;
    };
  };
  /** The mail log, newest first */
  'GET /v1/admin/mail': {
    readonly query: {
      readonly status?: 'asked' | 'waiting' | 'sent' | 'refused' | 'failed' | undefined;
      readonly template?: 'verify_email' | 'change_email' | 'reset_password' | 'password_changed' | 'mfa_changed' | 'email_changed' | 'identity_linked' | 'address_claimed' | 'identity_unlinked' | 'session_replayed' | 'new_device' | 'address_taken' | 'account_closed' | 'organization_closed' | 'export_ready' | 'invitation' | 'sso_changed' | 'domain_missing' | 'domain_lost' | 'limit_alert' | 'operator_budget_closed' | 'payment_failed' | 'payment_failed_again' | 'subscription_suspended' | 'payment_recovered' | 'subscription_canceled' | 'trial_refused' | undefined;
      readonly to?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        /** Its Message-ID begins with it. */
        readonly id: string;
        readonly account_id: string | null;
        readonly user_id: string | null;
        readonly to: string;
        readonly template: string;
        /** `asked`: an address was typed, and is being looked up; `waiting`: on its way, or tried again at due_at; `refused`: whoever delivers does not take it; `failed`: it was tried in vain. */
        readonly status: 'asked' | 'waiting' | 'sent' | 'refused' | 'failed';
        readonly attempts: number;
        readonly error: string | null;
        readonly created_at: string;
        readonly due_at: string;
        readonly sent_at: string | null;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Net proceeds less the cost of model calls */
  'GET /v1/admin/margin': {
    readonly query: {
      /** What sums are told apart by, with commas between: account, product, plan. Empty: one sum of all. */
      readonly group?: string | undefined;
      readonly account_id?: string | undefined;
      /** The first day; without it, the first of the present month. */
      readonly from?: string | undefined;
      /** The day after the last; without it, tomorrow. */
      readonly until?: string | undefined;
      /** Where days begin: `Europe/Berlin`. */
      readonly zone?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** Without it, what the Accept header says. */
      readonly format?: 'json' | 'csv' | undefined;
    };
    readonly reply: {
      /** The first day. */
      readonly from: string;
      /** The day after the last. */
      readonly until: string;
      readonly zone: string;
      readonly data: readonly ({
        readonly month: string;
        readonly currency: string;
        readonly account_id?: string | null;
        readonly product?: string | null;
        readonly plan?: string | null;
        readonly sales: number;
        readonly gross_minor: number;
        readonly fee_minor: number;
        readonly tax_minor: number;
        readonly net_minor: number;
        /** What the model calls cost, in micro-dollars. */
        readonly cost_micros: number;
        /** What of it counted against the accounts’ budgets. */
        readonly charged_micros: number;
        /** The same in the currency, rounded half away from zero. */
        readonly cost_minor: number | null;
        /** net − cost; null: there is no rate for the currency. */
        readonly margin_minor: number | null;
        /** What the cost was converted at; null: the sale was in dollars, or there is no rate. */
        readonly rate: {
          readonly date: string;
          readonly usd_per_eur: string;
          readonly currency_per_eur: string;
        } | null;
      })[];
      readonly next_cursor: string | null;
      /** The file of exchange rates, and its newest day. */
      readonly rates: {
        readonly source: string;
        readonly newest: string;
      };
    };
  };
  /** Recorded sales, newest first */
  'GET /v1/admin/proceeds': {
    readonly query: {
      readonly account_id?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly product: string;
        /** `reel.pro` */
        readonly plan: string | null;
        /** ISO 4217. */
        readonly currency: string;
        /** What the customer paid, tax included; of a refund, below 0. */
        readonly gross_minor: number;
        /** What the store kept. */
        readonly fee_minor: number;
        readonly tax_minor: number;
        readonly occurred_at: string;
        readonly source: 'manual' | 'stripe' | 'app_store' | 'google_play';
        /** The store’s own id. The same one again is the same sale. */
        readonly source_id: string;
        readonly id: string;
        readonly account_id: string;
        /** gross − fee − tax */
        readonly net_minor: number;
        readonly created_at: string;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** What all accounts’ calls used and cost, summed up */
  'GET /v1/admin/usage': {
    readonly query: {
      /** What sums are told apart by, with commas between: account, user, plan, product, feature, key, provider, model, day. Empty: one sum of all. */
      readonly group?: string | undefined;
      readonly account_id?: string | undefined;
      readonly user_id?: string | undefined;
      readonly key_id?: string | undefined;
      readonly plan?: string | undefined;
      readonly product?: string | undefined;
      readonly feature?: string | undefined;
      readonly model?: string | undefined;
      /** The first day; without it, the first of the present month. */
      readonly from?: string | undefined;
      /** The day after the last; without it, tomorrow. */
      readonly until?: string | undefined;
      /** Where days begin: `Europe/Berlin`. */
      readonly zone?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** Without it, what the Accept header says. */
      readonly format?: 'json' | 'csv' | undefined;
    };
    readonly reply: {
      /** The first day. */
      readonly from: string;
      /** The day after the last. */
      readonly until: string;
      readonly zone: string;
      readonly data: readonly ({
        readonly account_id?: string | null;
        readonly account_name?: string | null;
        readonly user_id?: string | null;
        /** The one that admitted the calls. */
        readonly plan?: string | null;
        readonly product?: string | null;
        readonly feature?: string | null;
        /** null: a person called. */
        readonly key_id?: string | null;
        readonly provider?: string | null;
        readonly model?: string | null;
        readonly day?: string | null;
        readonly calls: number;
        /** Of which the provider gave no figures. */
        readonly estimated_calls: number;
        readonly prompt_tokens: number;
        readonly cached_tokens: number;
        readonly completion_tokens: number;
        readonly reasoning_tokens: number;
        /** Micro-dollars: the sum of the three that follow. */
        readonly cost_micros: number;
        /** By the provider’s figures. */
        readonly posted_micros: number;
        /** The most that calls without figures may have cost. */
        readonly estimated_micros: number;
        /** What figures that came late, and adjustments, added or took away. */
        readonly corrections_micros: number;
        /** What of the cost counted against budgets: less, where providers failed. */
        readonly charged_micros: number;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** What was adjusted by hand, newest first */
  'GET /v1/admin/usage/adjustments': {
    readonly query: {
      readonly account_id?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly account_id: string;
        readonly product: string;
        readonly limit: string | null;
        readonly event_id: string | null;
        readonly counted_in: 'units' | 'cost_micros';
        readonly asked: number;
        /** What really changed: nothing falls below 0. */
        readonly applied: number;
        readonly reason: string;
        readonly made_by: string;
        readonly created_at: string;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** The endpoints that are told, newest first */
  'GET /v1/admin/webhooks': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly url: string;
        /** What it is told. */
        readonly types: readonly ('limit.alert' | 'permit.denied' | 'plan.changed' | 'payment.failed' | 'operator_budget.closed')[];
        readonly description: string;
        readonly status: 'enabled' | 'disabled';
        /** `gone`: it answered 410. `failing`: nothing reached it for five days. null: it is enabled, or an admin disabled it. */
        readonly disabled_because: 'gone' | 'failing' | null;
        /** Since when every delivery has failed. */
        readonly failing_since: string | null;
        /** Until when the secret before the last rotation signs too. */
        readonly former_secret_until: string | null;
        readonly created_at: string;
        readonly updated_at: string;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** One endpoint */
  'GET /v1/admin/webhooks/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      readonly url: string;
      /** What it is told. */
      readonly types: readonly ('limit.alert' | 'permit.denied' | 'plan.changed' | 'payment.failed' | 'operator_budget.closed')[];
      readonly description: string;
      readonly status: 'enabled' | 'disabled';
      /** `gone`: it answered 410. `failing`: nothing reached it for five days. null: it is enabled, or an admin disabled it. */
      readonly disabled_because: 'gone' | 'failing' | null;
      /** Since when every delivery has failed. */
      readonly failing_since: string | null;
      /** Until when the secret before the last rotation signs too. */
      readonly former_secret_until: string | null;
      readonly created_at: string;
      readonly updated_at: string;
    };
  };
  /** What an endpoint was told, newest first, and how it answered */
  'GET /v1/admin/webhooks/{id}/deliveries': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      readonly status?: 'waiting' | 'sending' | 'delivered' | 'dead' | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        /** The `webhook-id` that it is sent under. */
        readonly event_id: string;
        readonly type: 'limit.alert' | 'permit.denied' | 'plan.changed' | 'payment.failed' | 'operator_budget.closed' | 'webhook.test';
        /** Whom the event is about. */
        readonly account_id: string | null;
        /** `sending`: a job has it. `dead`: all attempts failed; replay it. */
        readonly status: 'waiting' | 'sending' | 'delivered' | 'dead';
        /** How often it was tried since it was last begun. */
        readonly attempts: number;
        readonly next_attempt_at: string | null;
        /** The HTTP status of the last answer. */
        readonly answered: number | null;
        /** The beginning of its body. */
        readonly answer: string | null;
        /** Why there was no answer: `timeout`, `unreachable`, `refused_address` or `internal`. */
        readonly error: string | null;
        readonly created_at: string;
        readonly updated_at: string;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** The models that can be asked for */
  'GET /v1/ai/models': {
    readonly reply: {
      readonly object: 'list';
      readonly data: readonly ({
        readonly id: string;
        readonly object: 'model';
        readonly created: number;
        readonly owned_by: string;
      })[];
    };
  };
  /** One of the models that can be asked for */
  'GET /v1/ai/models/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      readonly object: 'model';
      readonly created: number;
      readonly owned_by: string;
    };
  };
  /** List API keys */
  'GET /v1/api-keys': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly name: string;
        /** The first characters, to tell keys apart by. */
        readonly prefix: string;
        readonly scopes: readonly string[];
        /** The key that made it, with which it ends; null: a person did. */
        readonly made_by: string | null;
        /** What calls with it, and with all keys that come from it, may cost together in a month of UTC; null: as much as the account may. */
        readonly monthly_budget_micros: number | null;
        /** Whose role counts when the key is used. */
        readonly user_id: string;
        readonly created_at: string;
        readonly expires_at: string | null;
        readonly last_used_at: string | null;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Read your second factors */
  'GET /v1/auth/mfa': {
    readonly reply: {
      /** Whether a sign-in asks for a second factor. */
      readonly enabled: boolean;
      readonly totp: boolean;
      readonly recovery_codes_left: number;
      readonly passkeys: readonly ({
        readonly id: string;
        readonly name: string;
        /** Whether it is kept in several devices, as by a password manager. */
        readonly synced: boolean;
        readonly created_at: string;
        readonly last_used_at: string | null;
      })[];
    };
  };
  /** List the devices that you are signed in on */
  'GET /v1/auth/sessions': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        /** What you call the device, or what its user agent says it is. */
        readonly name: string;
        readonly ip: string;
        readonly user_agent: string;
        readonly created_at: string;
        readonly last_used_at: string;
        readonly current: boolean;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** What the account may do now in each product, why, and until when */
  'GET /v1/billing/entitlements': {
    readonly reply: {
      readonly data: readonly ({
        readonly product: string;
        readonly name: string;
        /** `product.plan`; null: none. */
        readonly plan: string | null;
        readonly plan_name: string | null;
        /** Where the plan comes from. */
        readonly source: 'admin' | 'owner' | 'import' | 'stripe' | 'app_store' | 'google_play' | 'default' | null;
        readonly add_ons: readonly ({
          readonly id: string;
          readonly expires_at: string | null;
        })[];
        /** What runs now and is paid for in a store: where two are paid for the same, both. The best plan is in effect. */
        readonly paid: readonly ({
          readonly source: 'stripe' | 'app_store' | 'google_play';
          readonly id: string;
          readonly until: string | null;
        })[];
        /** Of a plan that is sold by the seat; else null. */
        readonly quantity: number | null;
        readonly grants: Readonly<Record<string, number | boolean | null>>;
        /** By limit: how many units past the plan’s own size the account allows. They are part of `grants`. */
        readonly overage: Readonly<Record<string, number>>;
        /** By limit: what is used of the present window. */
        readonly used: Readonly<Record<string, number>>;
        /** By limit; null: without a cap. */
        readonly left: Readonly<Record<string, number | null>>;
        /** By limit: when its window ends. */
        readonly resets_at: Readonly<Record<string, string | null>>;
        /** When the plan gives way to another, or to none; null: nothing ends it. */
        readonly until: string | null;
        /** Until when the plan is kept although a payment failed; null: none did. */
        readonly grace: string | null;
        /** Whether a plan of it can be tried before it is paid, as far as is known before a card is. */
        readonly trial_available: boolean;
      })[];
    };
  };
  /** Invoices of the account, newest first */
  'GET /v1/billing/invoices': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly number: string | null;
        readonly state: 'open' | 'paid' | 'void' | 'uncollectible';
        /** As the store says: subscription_create, subscription_cycle, manual … */
        readonly reason: string;
        readonly currency: string;
        /** Minor units, before discounts and tax. */
        readonly subtotal: number;
        readonly discount: number;
        readonly tax: number;
        readonly total: number;
        readonly paid: number;
        readonly next_attempt_at: string | null;
        /** Where it is seen and paid. */
        readonly url: string | null;
        readonly pdf_url: string | null;
        readonly issued_at: string;
        readonly paid_at: string | null;
        readonly lines: readonly ({
          readonly product: string;
          readonly plan: string | null;
          readonly add_on: string | null;
          /** A limit: units past it. */
          readonly overage: string | null;
          readonly quantity: number;
          readonly amount: number;
          readonly discount: number;
          readonly tax: number;
          readonly proration: boolean;
        })[];
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Limits that may be passed for money, and how far */
  'GET /v1/billing/overage': {
    readonly reply: {
      readonly data: readonly ({
        readonly product: string;
        readonly limit: string;
        /** `product.plan`: the one that is in effect. */
        readonly plan: string;
        readonly currency: 'usd' | 'eur' | 'gbp';
        /** What one unit past the limit costs, in millionths of the currency. */
        readonly unit_micros: number;
        /** Units that the plan itself has, in each window. */
        readonly included: number;
        /** Units past it that the account allows, in each window; 0: the limit is a hard cap. */
        readonly most: number;
        /** Units of the present window, with those of calls that are under way. */
        readonly used: number;
        /** Units of the present window that are billed: settled, and past what was included. */
        readonly past: number;
        /** When the window ends. */
        readonly resets_at: string | null;
      })[];
    };
  };
  /** What the account pays for */
  'GET /v1/billing/subscription': {
    readonly query: {
      /** Needed where the account has subscriptions of several products. */
      readonly product?: string | undefined;
    };
    readonly reply: {
      readonly id: string;
      readonly store: 'stripe' | 'app_store' | 'google_play';
      readonly product: string;
      /** `product.plan`. */
      readonly plan: string;
      readonly cycle: 'monthly' | 'yearly';
      readonly quantity: number;
      readonly price: {
        readonly currency: string;
        /** Of one, a cycle, before discounts and tax; minor units. */
        readonly unit_amount: number;
      };
      readonly state: 'incomplete' | 'trialing' | 'active' | 'past_due' | 'paused' | 'canceled' | 'expired';
      readonly starts_at: string;
      readonly trial_ends_at: string | null;
      readonly period_starts_at: string;
      readonly period_ends_at: string;
      /** When it will end, as was asked. */
      readonly cancels_at: string | null;
      readonly ended_at: string | null;
      /** Until when the plan is kept although it could not be charged; null: nothing failed. */
      readonly grace_ends_at: string | null;
      /** From when on it gives nothing until it is put right; it may be to come. */
      readonly suspends_at: string | null;
      readonly suspended_by: 'dispute' | 'pause' | 'payment' | null;
      /** What it becomes, and when. */
      readonly next: {
        readonly plan: string;
        readonly cycle: 'monthly' | 'yearly';
        readonly quantity: number;
        readonly at: string;
      } | null;
    };
  };
  /** What a change would cost now */
  'GET /v1/billing/subscription/preview': {
    readonly query: {
      /** Needed where the account has subscriptions of several products. */
      readonly product?: string | undefined;
      /** `product.plan`, or its name within the product. */
      readonly plan?: string | undefined;
      readonly cycle?: 'monthly' | 'yearly' | undefined;
      readonly quantity?: number | undefined;
      /** Not said: now for what costs more, and with the end of what is paid for what costs less, or for fewer months. */
      readonly when?: 'now' | 'period_end' | undefined;
      /** As it is advertised. Without one the page asks. */
      readonly promotion_code?: string | undefined;
      /** Of a preview of the last quarter of an hour: then the change costs what it said. */
      readonly prorated_at?: string | undefined;
    };
    readonly reply: {
      readonly when: 'now' | 'period_end';
      /** When it would take effect; null: at once. */
      readonly at: string | null;
      /** Minor units; below 0: credited on the next invoice. */
      readonly due_now: number;
      readonly currency: string;
      /** Sent along with the change, it costs what is said here. */
      readonly prorated_at: string | null;
      readonly not_fitting: readonly ({
        /** Its name within the product. */
        readonly limit: string;
        readonly used: number;
        readonly max: number;
      })[];
    };
  };
  /** All that the account ever subscribed to, newest first */
  'GET /v1/billing/subscriptions': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly store: 'stripe' | 'app_store' | 'google_play';
        readonly product: string;
        /** `product.plan`. */
        readonly plan: string;
        readonly cycle: 'monthly' | 'yearly';
        readonly quantity: number;
        readonly price: {
          readonly currency: string;
          /** Of one, a cycle, before discounts and tax; minor units. */
          readonly unit_amount: number;
        };
        readonly state: 'incomplete' | 'trialing' | 'active' | 'past_due' | 'paused' | 'canceled' | 'expired';
        readonly starts_at: string;
        readonly trial_ends_at: string | null;
        readonly period_starts_at: string;
        readonly period_ends_at: string;
        /** When it will end, as was asked. */
        readonly cancels_at: string | null;
        readonly ended_at: string | null;
        /** Until when the plan is kept although it could not be charged; null: nothing failed. */
        readonly grace_ends_at: string | null;
        /** From when on it gives nothing until it is put right; it may be to come. */
        readonly suspends_at: string | null;
        readonly suspended_by: 'dispute' | 'pause' | 'payment' | null;
        /** What it becomes, and when. */
        readonly next: {
          readonly plan: string;
          readonly cycle: 'monthly' | 'yearly';
          readonly quantity: number;
          readonly at: string;
        } | null;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** List drafts */
  'GET /v1/drafts': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly platform?: 'tiktok' | 'instagram' | 'youtube' | 'x' | 'linkedin' | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly platform: 'tiktok' | 'instagram' | 'youtube' | 'x' | 'linkedin';
        readonly topic: string;
        readonly tone: string | null;
        readonly audience: string | null;
        readonly brand_voice: string | null;
        readonly language: string;
        readonly title: string | null;
        /** What you chose among its variants. */
        readonly selected_variant_id: string | null;
        /** Counts your changes; the ETag of the draft. New variants do not count. */
        readonly version: number;
        readonly created_at: string;
        readonly updated_at: string;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Read a draft with its variants */
  'GET /v1/drafts/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      readonly platform: 'tiktok' | 'instagram' | 'youtube' | 'x' | 'linkedin';
      readonly topic: string;
      readonly tone: string | null;
      readonly audience: string | null;
      readonly brand_voice: string | null;
      readonly language: string;
      readonly title: string | null;
      /** What you chose among its variants. */
      readonly selected_variant_id: string | null;
      /** Counts your changes; the ETag of the draft. New variants do not count. */
      readonly version: number;
      readonly created_at: string;
      readonly updated_at: string;
      /** Those of the newest generation first; the newest 200. */
      readonly variants: readonly ({
        readonly id: string;
        readonly generation_id: string;
        /** Its place among those of its generation, from 1. */
        readonly position: number;
        readonly hook: string;
        readonly body: string;
        readonly cta: string;
        readonly hashtags: readonly string[];
        /** Longer than its platform takes. */
        readonly over_length: boolean;
      })[];
    };
  };
  /** Read a generation and its variants */
  'GET /v1/generations/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** Seconds to wait for the end. */
      readonly wait?: number | undefined;
    };
    readonly reply: {
      readonly id: string;
      readonly draft_id: string;
      readonly platform: 'tiktok' | 'instagram' | 'youtube' | 'x' | 'linkedin';
      /** What asked for it: a create, or a regeneration of one part or of the whole. */
      readonly mode: 'create' | 'targeted' | 'full';
      /** The part that is written anew. */
      readonly target?: 'hook' | 'body' | 'cta' | 'hashtags';
      readonly status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
      /** How many variants are there, of how many that were asked for. */
      readonly progress: {
        readonly done: number;
        readonly total: number;
      };
      /** Each is here as soon as it is written. */
      readonly variants: readonly ({
        readonly id: string;
        readonly hook: string;
        readonly body: string;
        readonly cta: string;
        readonly hashtags: readonly string[];
        /** Longer than its platform takes. */
        readonly over_length: boolean;
      })[];
      /** Why it failed; the quota was given back. */
      readonly error?: {
        readonly code: string;
        readonly message: string;
      };
      /** Of the request that asked for it; it is on its usage events and log lines too. */
      readonly request_id: string;
      readonly created_at: string;
      readonly updated_at: string;
    };
  };
  /** The account’s jobs, newest first */
  'GET /v1/jobs': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        /** What it does: `product.job`. */
        readonly kind: string;
        readonly lane: 'interactive' | 'batch';
        /** `dead`: it failed for good. */
        readonly status: 'ready' | 'delayed' | 'running' | 'done' | 'dead' | 'cancelled';
        /** null: it has not told how far it is. */
        readonly progress: {
          readonly done: number;
          readonly total: number;
        } | null;
        /** 0 before the first. */
        readonly attempt: number;
        /** Why its last attempt failed: an error code, or a few words. */
        readonly error: string | null;
        /** When it was, or will be, due. */
        readonly run_at: string;
        readonly created_at: string;
        readonly updated_at: string;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** One job: its status, and how far it is */
  'GET /v1/jobs/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      /** What it does: `product.job`. */
      readonly kind: string;
      readonly lane: 'interactive' | 'batch';
      /** `dead`: it failed for good. */
      readonly status: 'ready' | 'delayed' | 'running' | 'done' | 'dead' | 'cancelled';
      /** null: it has not told how far it is. */
      readonly progress: {
        readonly done: number;
        readonly total: number;
      } | null;
      /** 0 before the first. */
      readonly attempt: number;
      /** Why its last attempt failed: an error code, or a few words. */
      readonly error: string | null;
      /** When it was, or will be, due. */
      readonly run_at: string;
      readonly created_at: string;
      readonly updated_at: string;
    };
  };
  /** List and search the library */
  'GET /v1/library/assets': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly platform?: 'tiktok' | 'instagram' | 'youtube' | 'x' | 'linkedin' | undefined;
      readonly status?: 'draft' | 'ready' | 'published' | 'archived' | undefined;
      /** `launch,team`: those that have all of them. */
      readonly tags?: string | undefined;
      /** Words to search for. */
      readonly q?: string | undefined;
      /** `true`: those in the trash. */
      readonly deleted?: 'true' | 'false' | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        /** Where it was copied from. */
        readonly draft_id: string | null;
        readonly variant_id: string | null;
        readonly platform: 'tiktok' | 'instagram' | 'youtube' | 'x' | 'linkedin';
        readonly language: string;
        readonly title: string | null;
        readonly hook: string;
        readonly body: string;
        readonly cta: string;
        readonly hashtags: readonly string[];
        readonly tags: readonly string[];
        readonly status: 'draft' | 'ready' | 'published' | 'archived';
        /** Counts changes; the ETag of the asset. */
        readonly version: number;
        readonly created_at: string;
        readonly updated_at: string;
        /** In the trash since; 30 days later it is gone. */
        readonly deleted_at: string | null;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Read an asset */
  'GET /v1/library/assets/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      /** Where it was copied from. */
      readonly draft_id: string | null;
      readonly variant_id: string | null;
      readonly platform: 'tiktok' | 'instagram' | 'youtube' | 'x' | 'linkedin';
      readonly language: string;
      readonly title: string | null;
      readonly hook: string;
      readonly body: string;
      readonly cta: string;
      readonly hashtags: readonly string[];
      readonly tags: readonly string[];
      readonly status: 'draft' | 'ready' | 'published' | 'archived';
      /** Counts changes; the ETag of the asset. */
      readonly version: number;
      readonly created_at: string;
      readonly updated_at: string;
      /** In the trash since; 30 days later it is gone. */
      readonly deleted_at: string | null;
    };
  };
  /** Read who you are */
  'GET /v1/me': {
    readonly reply: {
      readonly id: string;
      readonly email: string;
      readonly full_name: string | null;
      readonly avatar_url: string | null;
      readonly email_verified: boolean;
      readonly role: 'user' | 'admin';
      /** The account of a call without X-Account-Id. */
      readonly default_account_id: string;
      readonly accounts: readonly ({
        readonly id: string;
        readonly kind: 'personal' | 'organization';
        readonly name: string;
        readonly status: 'active' | 'suspended';
        readonly role: 'viewer' | 'member' | 'admin' | 'owner';
      })[];
    };
  };
  /** List the exports that you asked for */
  'GET /v1/me/exports': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        /** The organization that it is of; null: of yourself. */
        readonly organization_id: string | null;
        readonly status: 'waiting' | 'ready' | 'failed';
        readonly bytes: number | null;
        /** Until when it can be downloaded; null while it is made. */
        readonly expires_at: string | null;
        readonly created_at: string;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Read how an export stands */
  'GET /v1/me/exports/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      /** The organization that it is of; null: of yourself. */
      readonly organization_id: string | null;
      readonly status: 'waiting' | 'ready' | 'failed';
      readonly bytes: number | null;
      /** Until when it can be downloaded; null while it is made. */
      readonly expires_at: string | null;
      readonly created_at: string;
    };
  };
  /** Download an export */
  'GET /v1/me/exports/{id}/archive': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: unknown;
  };
  /** List the providers that you can sign in by */
  'GET /v1/me/identities': {
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly provider: 'google' | 'firebase';
        readonly email: string;
        readonly linked_at: string;
        readonly last_used_at: string;
      })[];
    };
  };
  /** List your organizations */
  'GET /v1/organizations': {
    readonly query: {
      readonly closed?: 'true' | 'false' | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly name: string;
        readonly status: 'active' | 'suspended';
        readonly role: 'viewer' | 'member' | 'admin' | 'owner';
        /** Until when a closed one can be opened again; null: it is open. */
        readonly restorable_until: string | null;
        readonly created_at: string;
        readonly updated_at: string;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Read an organization */
  'GET /v1/organizations/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      readonly name: string;
      readonly status: 'active' | 'suspended';
      readonly role: 'viewer' | 'member' | 'admin' | 'owner';
      /** Until when a closed one can be opened again; null: it is open. */
      readonly restorable_until: string | null;
      readonly created_at: string;
      readonly updated_at: string;
    };
  };
  /** Read what happened in an organization */
  'GET /v1/organizations/{id}/activity': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly created_at: string;
        readonly action: string;
        /** The person behind it, through a key too. */
        readonly user_id: string | null;
        readonly target: {
          readonly kind: string;
          readonly id: string | null;
        } | null;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Read who did what in an organization */
  'GET /v1/organizations/{id}/audit': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** The id of a user or of a key. */
      readonly actor?: string | undefined;
      /** One action (`member.left`), or all of a subject (`member`). */
      readonly action?: string | undefined;
      /** The id of what it was done to. */
      readonly target?: string | undefined;
      /** From this instant on. */
      readonly from?: string | undefined;
      /** Before this instant. */
      readonly until?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly created_at: string;
        readonly action: string;
        /** The person behind it, through a key too. */
        readonly user_id: string | null;
        readonly target: {
          readonly kind: string;
          readonly id: string | null;
        } | null;
        readonly actor: {
          readonly kind: 'user' | 'key' | 'system' | 'store';
          readonly id: string | null;
        };
        readonly changes: Readonly<Record<string, unknown>>;
        readonly ip: string | null;
        readonly user_agent: string | null;
        readonly request_id: string | null;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Export the audit of an organization */
  'GET /v1/organizations/{id}/audit/export': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      readonly format: 'csv' | 'jsonl';
      /** The id of a user or of a key. */
      readonly actor?: string | undefined;
      /** One action (`member.left`), or all of a subject (`member`). */
      readonly action?: string | undefined;
      /** The id of what it was done to. */
      readonly target?: string | undefined;
      /** From this instant on. */
      readonly from?: string | undefined;
      /** Before this instant. */
      readonly until?: string | undefined;
    };
    readonly reply: unknown;
  };
  /** List the invitations of an organization */
  'GET /v1/organizations/{id}/invitations': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly email: string;
        readonly role: 'viewer' | 'member' | 'admin' | 'owner';
        readonly status: 'open' | 'expired';
        readonly invited_by: string;
        readonly created_at: string;
        readonly expires_at: string;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** List the members of an organization */
  'GET /v1/organizations/{id}/members': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly user_id: string;
        readonly email: string;
        readonly full_name: string | null;
        readonly avatar_url: string | null;
        readonly role: 'viewer' | 'member' | 'admin' | 'owner';
        readonly created_at: string;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Read how single sign-on is set up */
  'GET /v1/organizations/{id}/sso': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      /** As the provider’s discovery document names itself, not that document’s address; https. */
      readonly issuer: string;
      readonly client_id: string;
      /** Whether members with an address in a proven domain must come by it; owners may come otherwise. */
      readonly enforced: boolean;
      /** Whether whoever comes by it becomes a member. */
      readonly provisions: boolean;
      readonly default_role: 'viewer' | 'member';
      /** When somebody first signed in by it as it is set up; null: nobody has. */
      readonly proven_at: string | null;
      /** What the provider must allow. */
      readonly redirect_uri: string;
      readonly updated_at: string;
    };
  };
  /** List the domains of an organization */
  'GET /v1/organizations/{id}/sso/domains': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly domain: string;
        /** `missing`: it is verified, and DNS lacks its record; after three days of that it is pending again. */
        readonly status: 'pending' | 'verified' | 'missing';
        /** What DNS must show, and go on showing. */
        readonly record: {
          readonly type: 'TXT';
          readonly name: string;
          readonly value: string;
        };
        readonly verified_at: string | null;
        readonly missing_since: string | null;
      })[];
    };
  };
  /** A permit that was taken over HTTP */
  'GET /v1/permits/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly permit_id: string;
      readonly product: string;
      readonly feature: string;
      readonly units: number;
      readonly reserve_micros: number;
      readonly expires_at: string;
      readonly subject: string | null;
      /** `expired`: nobody closed it in time; it counts as used until somebody says better. */
      readonly status: 'running' | 'settled' | 'voided' | 'expired';
      readonly reason: string | null;
      /** What is posted for it. */
      readonly cost_micros: number;
      /** That is its reserve, because nobody has said what it really cost. */
      readonly estimated: boolean;
      readonly created_at: string;
    };
  };
  /** What is sold, and what the plans differ in */
  'GET /v1/plans': {
    readonly query: {
      readonly product?: string | undefined;
    };
    readonly reply: {
      /** Product by product, price ascending. */
      readonly data: readonly ({
        /** `product.plan`, as it is named everywhere. */
        readonly id: string;
        readonly product: string;
        readonly name: string;
        readonly price: {
          readonly currency: 'usd' | 'eur' | 'gbp';
          /** Minor units (cents) a month; 0 is free. Of one seat, where a plan is sold by seats. */
          readonly monthly: number;
          /** For a year that is paid at once; null: it is not sold so. */
          readonly yearly: number | null;
        };
        /** Whether accounts without a purchase have it. */
        readonly default: boolean;
        /** Whose data the product holds: its plans are for accounts of that kind. */
        readonly holds: 'personal' | 'organization' | 'both';
        /** Days before the first payment; null: there is no trial. */
        readonly trial_days: number | null;
        /** Sold by quantity: the sizes of these limits are of one, and are multiplied. None: one is sold. */
        readonly per_seat: readonly string[];
        /** Limits that an account may choose to pass: what one unit past them costs, in millionths of the currency. */
        readonly overage: Readonly<Record<string, number>>;
        readonly grants: Readonly<Record<string, number | boolean | null>>;
      })[];
      readonly add_ons: readonly ({
        readonly id: string;
        readonly product: string;
        readonly name: string;
        readonly price: {
          readonly currency: 'usd' | 'eur' | 'gbp';
          readonly once: number;
        };
        /** How long it lasts; bought again meanwhile, it lasts that much longer. */
        readonly days: number;
        /** The plan that is at least in effect while it lasts. */
        readonly lifts: string;
      })[];
      /** For each product, what its plans differ in. */
      readonly comparison: Readonly<Record<string, readonly ({
        readonly name: string;
        readonly kind: 'quota' | 'credits' | 'burst' | 'cooldown' | 'concurrency' | 'budget' | 'gauge' | 'seats' | 'rate' | 'number' | 'boolean';
        readonly per: 'minute' | 'hour' | 'day' | 'week' | 'month' | 'billing_period' | null;
        readonly unit: 'uses' | 'seconds' | 'at_once' | 'micro_dollars' | 'amount' | 'bytes' | 'members' | null;
        /** Its size in each plan, by the plan’s id. */
        readonly plans: Readonly<Record<string, number | boolean | null>>;
      })[]>>;
    };
  };
  /** One plan, by its id */
  'GET /v1/plans/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      /** `product.plan`, as it is named everywhere. */
      readonly id: string;
      readonly product: string;
      readonly name: string;
      readonly price: {
        readonly currency: 'usd' | 'eur' | 'gbp';
        /** Minor units (cents) a month; 0 is free. Of one seat, where a plan is sold by seats. */
        readonly monthly: number;
        /** For a year that is paid at once; null: it is not sold so. */
        readonly yearly: number | null;
      };
      /** Whether accounts without a purchase have it. */
      readonly default: boolean;
      /** Whose data the product holds: its plans are for accounts of that kind. */
      readonly holds: 'personal' | 'organization' | 'both';
      /** Days before the first payment; null: there is no trial. */
      readonly trial_days: number | null;
      /** Sold by quantity: the sizes of these limits are of one, and are multiplied. None: one is sold. */
      readonly per_seat: readonly string[];
      /** Limits that an account may choose to pass: what one unit past them costs, in millionths of the currency. */
      readonly overage: Readonly<Record<string, number>>;
      readonly grants: Readonly<Record<string, number | boolean | null>>;
    };
  };
  /** What is used of each limit, and the ledger */
  'GET /v1/usage': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: {
      readonly data: readonly ({
        readonly product: string;
        readonly limit: string;
        readonly kind: string;
        /** Units; of a budget, micro-dollars spent and reserved. */
        readonly used: number;
        /** null: without a bound. */
        readonly max: number | null;
        /** null: it frees itself, or never resets. */
        readonly resets_at: string | null;
        /** Of credits: how many are left. */
        readonly balance?: number;
        /** Of credits: when the next of them expire; null: none do. */
        readonly next_expiry?: string | null;
      })[];
      readonly events: readonly ({
        readonly id: string;
        readonly permit_id: string;
        readonly product: string;
        readonly feature: string;
        readonly provider: string;
        readonly model: string;
        /** The provider’s own id of the call: it joins this row with their bill. */
        readonly provider_request_id: string | null;
        readonly prompt_tokens: number;
        readonly cached_tokens: number;
        readonly completion_tokens: number;
        readonly reasoning_tokens: number;
        /** Micro-dollars that the provider may bill; of a correction, what it adds or takes away. */
        readonly cost_micros: number;
        /** What of it counts against your budgets: less than the cost where the provider failed. */
        readonly charged_micros: number;
        readonly price_version: string;
        readonly status: 'pending' | 'sent' | 'posted' | 'voided';
        /** The provider gave no figures: this is the most that the call may have cost. */
        readonly estimated: boolean;
        /** The estimated event that this one makes exact. */
        readonly corrects: string | null;
        readonly request_id: string;
        readonly created_at: string;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** What the account’s calls used and cost, summed up */
  'GET /v1/usage/report': {
    readonly query: {
      /** What sums are told apart by, with commas between: user, plan, product, feature, key, provider, model, day. Empty: one sum of all. */
      readonly group?: string | undefined;
      readonly user_id?: string | undefined;
      readonly key_id?: string | undefined;
      readonly plan?: string | undefined;
      readonly product?: string | undefined;
      readonly feature?: string | undefined;
      readonly model?: string | undefined;
      /** The first day; without it, the first of the present month. */
      readonly from?: string | undefined;
      /** The day after the last; without it, tomorrow. */
      readonly until?: string | undefined;
      /** Where days begin: `Europe/Berlin`. */
      readonly zone?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** Without it, what the Accept header says. */
      readonly format?: 'json' | 'csv' | undefined;
    };
    readonly reply: {
      /** The first day. */
      readonly from: string;
      /** The day after the last. */
      readonly until: string;
      readonly zone: string;
      readonly data: readonly ({
        readonly account_id?: string | null;
        readonly account_name?: string | null;
        readonly user_id?: string | null;
        /** The one that admitted the calls. */
        readonly plan?: string | null;
        readonly product?: string | null;
        readonly feature?: string | null;
        /** null: a person called. */
        readonly key_id?: string | null;
        readonly provider?: string | null;
        readonly model?: string | null;
        readonly day?: string | null;
        readonly calls: number;
        /** Of which the provider gave no figures. */
        readonly estimated_calls: number;
        readonly prompt_tokens: number;
        readonly cached_tokens: number;
        readonly completion_tokens: number;
        readonly reasoning_tokens: number;
        /** Micro-dollars: the sum of the three that follow. */
        readonly cost_micros: number;
        /** By the provider’s figures. */
        readonly posted_micros: number;
        /** The most that calls without figures may have cost. */
        readonly estimated_micros: number;
        /** What figures that came late, and adjustments, added or took away. */
        readonly corrections_micros: number;
        /** What of the cost counted against budgets: less, where providers failed. */
        readonly charged_micros: number;
      })[];
      readonly next_cursor: string | null;
    };
  };
  /** Change the time zone of the account */
  'PATCH /v1/account': {
    readonly body: {
      readonly time_zone: string;
    };
    readonly reply: {
      readonly id: string;
      readonly kind: 'personal' | 'organization';
      readonly name: string;
      /** Where its days, weeks and months begin, for limits that count in them: `Europe/Berlin`. */
      readonly time_zone: string;
    };
  };
  /** Change an endpoint; enable or disable it */
  'PATCH /v1/admin/webhooks/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: {
      /** https:// and an address of the public Internet. */
      readonly url?: string | undefined;
      /** All when not said. */
      readonly types?: readonly ('limit.alert' | 'permit.denied' | 'plan.changed' | 'payment.failed' | 'operator_budget.closed')[] | undefined;
      readonly description?: string | undefined;
      readonly status?: 'enabled' | 'disabled' | undefined;
    };
    readonly reply: {
      readonly id: string;
      readonly url: string;
      /** What it is told. */
      readonly types: readonly ('limit.alert' | 'permit.denied' | 'plan.changed' | 'payment.failed' | 'operator_budget.closed')[];
      readonly description: string;
      readonly status: 'enabled' | 'disabled';
      /** `gone`: it answered 410. `failing`: nothing reached it for five days. null: it is enabled, or an admin disabled it. */
      readonly disabled_because: 'gone' | 'failing' | null;
      /** Since when every delivery has failed. */
      readonly failing_since: string | null;
      /** Until when the secret before the last rotation signs too. */
      readonly former_secret_until: string | null;
      readonly created_at: string;
      readonly updated_at: string;
    };
  };
  /** Rename a passkey */
  'PATCH /v1/auth/mfa/passkeys/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: {
      readonly name: string;
    };
    readonly reply: {
      readonly id: string;
      readonly name: string;
      /** Whether it is kept in several devices, as by a password manager. */
      readonly synced: boolean;
      readonly created_at: string;
      readonly last_used_at: string | null;
    };
  };
  /** Choose a variant, name a draft, change its brief */
  'PATCH /v1/drafts/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: {
      /** One of its own variants. */
      readonly selected_variant_id?: string | undefined;
      /** A name to find it by. */
      readonly title?: string | null | undefined;
      /** What the post is about. */
      readonly topic?: string | undefined;
      readonly tone?: string | null | undefined;
      readonly audience?: string | null | undefined;
      readonly brand_voice?: string | null | undefined;
      /** BCP 47 tag of the language to write in. */
      readonly language?: string | undefined;
    };
    readonly reply: {
      readonly id: string;
      readonly platform: 'tiktok' | 'instagram' | 'youtube' | 'x' | 'linkedin';
      readonly topic: string;
      readonly tone: string | null;
      readonly audience: string | null;
      readonly brand_voice: string | null;
      readonly language: string;
      readonly title: string | null;
      /** What you chose among its variants. */
      readonly selected_variant_id: string | null;
      /** Counts your changes; the ETag of the draft. New variants do not count. */
      readonly version: number;
      readonly created_at: string;
      readonly updated_at: string;
      /** Those of the newest generation first; the newest 200. */
      readonly variants: readonly ({
        readonly id: string;
        readonly generation_id: string;
        /** Its place among those of its generation, from 1. */
        readonly position: number;
        readonly hook: string;
        readonly body: string;
        readonly cta: string;
        readonly hashtags: readonly string[];
        /** Longer than its platform takes. */
        readonly over_length: boolean;
      })[];
    };
  };
  /** Change an asset */
  'PATCH /v1/library/assets/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: {
      readonly title?: string | null | undefined;
      /** Words of your own to sort by; kept in lower case, each once. */
      readonly tags?: readonly string[] | undefined;
      readonly status?: 'draft' | 'ready' | 'published' | 'archived' | undefined;
      /** Its first line. */
      readonly hook?: string | undefined;
      readonly body?: string | undefined;
      /** What it asks of its readers. */
      readonly cta?: string | undefined;
      readonly hashtags?: readonly string[] | undefined;
    };
    readonly reply: {
      readonly id: string;
      /** Where it was copied from. */
      readonly draft_id: string | null;
      readonly variant_id: string | null;
      readonly platform: 'tiktok' | 'instagram' | 'youtube' | 'x' | 'linkedin';
      readonly language: string;
      readonly title: string | null;
      readonly hook: string;
      readonly body: string;
      readonly cta: string;
      readonly hashtags: readonly string[];
      readonly tags: readonly string[];
      readonly status: 'draft' | 'ready' | 'published' | 'archived';
      /** Counts changes; the ETag of the asset. */
      readonly version: number;
      readonly created_at: string;
      readonly updated_at: string;
      /** In the trash since; 30 days later it is gone. */
      readonly deleted_at: string | null;
    };
  };
  /** Change your profile */
  'PATCH /v1/me': {
    readonly body: {
      readonly full_name?: string | null | undefined;
      readonly avatar_url?: string | null | undefined;
    };
    readonly reply: {
      readonly id: string;
      readonly email: string;
      readonly full_name: string | null;
      readonly avatar_url: string | null;
      readonly email_verified: boolean;
      readonly role: 'user' | 'admin';
      /** The account of a call without X-Account-Id. */
      readonly default_account_id: string;
      readonly accounts: readonly ({
        readonly id: string;
        readonly kind: 'personal' | 'organization';
        readonly name: string;
        readonly status: 'active' | 'suspended';
        readonly role: 'viewer' | 'member' | 'admin' | 'owner';
      })[];
    };
  };
  /** Rename an organization */
  'PATCH /v1/organizations/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: {
      readonly name: string;
    };
    readonly reply: {
      readonly id: string;
      readonly name: string;
      readonly status: 'active' | 'suspended';
      readonly role: 'viewer' | 'member' | 'admin' | 'owner';
      /** Until when a closed one can be opened again; null: it is open. */
      readonly restorable_until: string | null;
      readonly created_at: string;
      readonly updated_at: string;
    };
  };
  /** Change a member's role */
  'PATCH /v1/organizations/{id}/members/{user_id}': {
    readonly params: {
      readonly id: string;
      readonly user_id: string;
    };
    readonly body: {
      readonly role: 'viewer' | 'member' | 'admin' | 'owner';
    };
    readonly reply: {
      readonly user_id: string;
      readonly email: string;
      readonly full_name: string | null;
      readonly avatar_url: string | null;
      readonly role: 'viewer' | 'member' | 'admin' | 'owner';
      readonly created_at: string;
    };
  };
  /** Reinstate a suspended account */
  'POST /v1/admin/accounts/{id}/reinstate': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Suspend an account */
  'POST /v1/admin/accounts/{id}/suspend': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Have what stores told looked at again */
  'POST /v1/admin/billing/inbox/replay': {
    readonly body: {
      readonly event_ids?: readonly string[] | undefined;
      readonly since?: string | undefined;
      readonly until?: string | undefined;
      /** All objects that were given up. */
      readonly dead?: true | undefined;
    };
    readonly reply: {
      /** How many are fetched again. */
      readonly objects: number;
      /** Where to go on; null: that was all. */
      readonly next_since: string | null;
    };
  };
  /** Give an account credits beside those of its plan */
  'POST /v1/admin/credits': {
    readonly body: {
      /** Of a user, whose default account they are given to. */
      readonly email?: string | undefined;
      readonly account_id?: string | undefined;
      readonly product: string;
      /** Which credits, where a product has several. */
      readonly limit: string;
      readonly amount: number;
      /** Without it they last. */
      readonly expires_at?: string | undefined;
    };
    readonly reply: {
      readonly id: string;
      readonly account_id: string;
      readonly product: string;
      readonly limit: string;
      readonly source: string;
      readonly amount: number;
      readonly remaining: number;
      /** null: they last. */
      readonly expires_at: string | null;
      readonly cause: string;
      readonly created_at: string;
    };
  };
  /** Give an account a plan or an add-on */
  'POST /v1/admin/grants': {
    readonly body: {
      /** Of a user, whose default account it is given to. */
      readonly email?: string | undefined;
      readonly account_id?: string | undefined;
      readonly product: string;
      /** `product.plan`, or its name within the product. */
      readonly plan?: string | undefined;
      readonly add_on?: string | undefined;
      /** An exact end, in the future. */
      readonly until?: string | undefined;
      /** Of a plan that is sold by the seat: how many. */
      readonly quantity?: number | undefined;
    };
    readonly reply: {
      readonly id: string;
      readonly account_id: string;
      readonly product: string;
      readonly plan: string | null;
      readonly add_on: string | null;
      readonly source: 'admin' | 'owner' | 'import' | 'stripe' | 'app_store' | 'google_play';
      /** Of a plan that is sold by the seat: how many; else 1. */
      readonly quantity: number;
      readonly starts_at: string;
      /** An exact end; null: none, or `days` say how long it lasts. */
      readonly ends_at: string | null;
      /** An add-on’s days, which begin when those given before are over. */
      readonly days: number | null;
      readonly cause: string;
      readonly created_by: string | null;
      readonly created_at: string;
      readonly revoked_at: string | null;
    };
  };
  /** Run a job again that was given up */
  'POST /v1/admin/jobs/{id}/replay': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      /** What it does: `product.job`. */
      readonly kind: string;
      readonly lane: 'interactive' | 'batch';
      /** `dead`: it failed for good. */
      readonly status: 'ready' | 'delayed' | 'running' | 'done' | 'dead' | 'cancelled';
      /** null: it has not told how far it is. */
      readonly progress: {
        readonly done: number;
        readonly total: number;
      } | null;
      /** 0 before the first. */
      readonly attempt: number;
      /** Why its last attempt failed: an error code, or a few words. */
      readonly error: string | null;
      /** When it was, or will be, due. */
      readonly run_at: string;
      readonly created_at: string;
      readonly updated_at: string;
      /** The nil UUID: nobody’s, enqueued by a schedule. */
      readonly account_id: string;
      /** Ids only. */
      readonly payload: Readonly<Record<string, string>>;
      readonly permit_id: string | null;
      /** How often it may be tried. */
      readonly max_attempts: number;
      readonly request_id: string;
    };
  };
  /** Record what an account’s sales brought in */
  'POST /v1/admin/proceeds': {
    readonly body: {
      readonly account_id: string;
      readonly sales: readonly ({
        readonly product: string;
        /** `reel.pro` */
        readonly plan?: string | null | undefined;
        /** ISO 4217. */
        readonly currency: string;
        /** What the customer paid, tax included; of a refund, below 0. */
        readonly gross_minor: number;
        /** What the store kept. */
        readonly fee_minor?: number | undefined;
        readonly tax_minor?: number | undefined;
        readonly occurred_at: string;
        readonly source?: 'manual' | 'stripe' | 'app_store' | 'google_play' | undefined;
        /** The store’s own id. The same one again is the same sale. */
        readonly source_id: string;
      })[];
    };
    readonly reply: {
      readonly data: readonly ({
        readonly source: string;
        readonly source_id: string;
        readonly status: 'recorded' | 'known';
      })[];
    };
  };
  /** Adjust what a limit holds, or what a call cost */
  'POST /v1/admin/usage/adjustments': {
    readonly body: {
      readonly account_id: string;
      /** Of the limit. */
      readonly product?: string | undefined;
      /** A quota, credits or a budget that counts by account: its present window is changed. */
      readonly limit?: string | undefined;
      /** A posted call: its cost is changed, by a correction row. */
      readonly event_id?: string | undefined;
      /** Of a quota or of credits; below 0, less was used. */
      readonly units?: number | undefined;
      /** Micro-dollars of a budget or of a call. */
      readonly cost_micros?: number | undefined;
      readonly reason: string;
    };
    readonly reply: {
      readonly id: string;
      readonly account_id: string;
      readonly product: string;
      readonly limit: string | null;
      readonly event_id: string | null;
      readonly counted_in: 'units' | 'cost_micros';
      readonly asked: number;
      /** What really changed: nothing falls below 0. */
      readonly applied: number;
      readonly reason: string;
      readonly made_by: string;
      readonly created_at: string;
    };
  };
  /** Remove all second factors of a user */
  'POST /v1/admin/users/{id}/mfa/reset': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Reinstate a suspended user */
  'POST /v1/admin/users/{id}/reinstate': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Suspend a user */
  'POST /v1/admin/users/{id}/suspend': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Tell one of your own systems what happens here */
  'POST /v1/admin/webhooks': {
    readonly body: {
      /** https:// and an address of the public Internet. */
      readonly url: string;
      /** All when not said. */
      readonly types?: readonly ('limit.alert' | 'permit.denied' | 'plan.changed' | 'payment.failed' | 'operator_budget.closed')[] | undefined;
      readonly description?: string | undefined;
    };
    readonly reply: {
      readonly id: string;
      readonly url: string;
      /** What it is told. */
      readonly types: readonly ('limit.alert' | 'permit.denied' | 'plan.changed' | 'payment.failed' | 'operator_budget.closed')[];
      readonly description: string;
      readonly status: 'enabled' | 'disabled';
      /** `gone`: it answered 410. `failing`: nothing reached it for five days. null: it is enabled, or an admin disabled it. */
      readonly disabled_because: 'gone' | 'failing' | null;
      /** Since when every delivery has failed. */
      readonly failing_since: string | null;
      /** Until when the secret before the last rotation signs too. */
      readonly former_secret_until: string | null;
      readonly created_at: string;
      readonly updated_at: string;
      /** What its signatures are made with; in this answer and nowhere else: null where the call is repeated with its Idempotency-Key. */
      readonly secret: string | null;
    };
  };
  /** Tell an endpoint again what it missed */
  'POST /v1/admin/webhooks/{id}/replay': {
    readonly params: {
      readonly id: string;
    };
    readonly body: {
      readonly event_id?: string | undefined;
      readonly since?: string | undefined;
      readonly until?: string | undefined;
      readonly include_delivered?: boolean | undefined;
    };
    readonly reply: {
      readonly deliveries: number;
      /** Where to go on; null: that was all. */
      readonly next_since: string | null;
    };
  };
  /** A new secret */
  'POST /v1/admin/webhooks/{id}/rotate': {
    readonly params: {
      readonly id: string;
    };
    readonly body: {
      readonly overlap_hours?: number | undefined;
    };
    readonly reply: {
      readonly id: string;
      readonly url: string;
      /** What it is told. */
      readonly types: readonly ('limit.alert' | 'permit.denied' | 'plan.changed' | 'payment.failed' | 'operator_budget.closed')[];
      readonly description: string;
      readonly status: 'enabled' | 'disabled';
      /** `gone`: it answered 410. `failing`: nothing reached it for five days. null: it is enabled, or an admin disabled it. */
      readonly disabled_because: 'gone' | 'failing' | null;
      /** Since when every delivery has failed. */
      readonly failing_since: string | null;
      /** Until when the secret before the last rotation signs too. */
      readonly former_secret_until: string | null;
      readonly created_at: string;
      readonly updated_at: string;
      /** What its signatures are made with; in this answer and nowhere else: null where the call is repeated with its Idempotency-Key. */
      readonly secret: string | null;
    };
  };
  /** Send a test event to an endpoint */
  'POST /v1/admin/webhooks/{id}/test': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly event_id: string;
    };
  };
  /** Chat completions in OpenAI’s protocol */
  'POST /v1/ai/chat/completions': {
    readonly body: {
      /** A model of `GET /v1/ai/models`, or an alias such as `small`. */
      readonly model: string;
      readonly messages: readonly ({
        readonly role: string;
      } & Readonly<Record<string, unknown>>)[];
      readonly stream?: boolean | null | undefined;
      /** Without it, the reply is capped by what your budget of the day still buys; `x-plinth-max-tokens` says by how much. */
      readonly max_tokens?: number | null | undefined;
    } & Readonly<Record<string, unknown>>;
    readonly reply: {
      readonly id: string;
      readonly object: string;
      readonly model: string;
      readonly choices: readonly (Readonly<Record<string, unknown>>)[];
    } & Readonly<Record<string, unknown>>;
  };
  /** Make an API key */
  'POST /v1/api-keys': {
    readonly body: {
      readonly name: string;
      readonly scopes: readonly string[];
      readonly expires_at?: string | undefined;
      readonly monthly_budget_micros?: number | undefined;
    };
    readonly reply: {
      readonly id: string;
      readonly name: string;
      /** The first characters, to tell keys apart by. */
      readonly prefix: string;
      readonly scopes: readonly string[];
      /** The key that made it, with which it ends; null: a person did. */
      readonly made_by: string | null;
      /** What calls with it, and with all keys that come from it, may cost together in a month of UTC; null: as much as the account may. */
      readonly monthly_budget_micros: number | null;
      /** Whose role counts when the key is used. */
      readonly user_id: string;
      readonly created_at: string;
      readonly expires_at: string | null;
      readonly last_used_at: string | null;
      /** Shown once: null where the call is repeated with its Idempotency-Key. */
      readonly key: string | null;
    };
  };
  /** Rotate an API key */
  'POST /v1/api-keys/{id}/rotate': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      readonly name: string;
      /** The first characters, to tell keys apart by. */
      readonly prefix: string;
      readonly scopes: readonly string[];
      /** The key that made it, with which it ends; null: a person did. */
      readonly made_by: string | null;
      /** What calls with it, and with all keys that come from it, may cost together in a month of UTC; null: as much as the account may. */
      readonly monthly_budget_micros: number | null;
      /** Whose role counts when the key is used. */
      readonly user_id: string;
      readonly created_at: string;
      readonly expires_at: string | null;
      readonly last_used_at: string | null;
      /** Shown once: null where the call is repeated with its Idempotency-Key. */
      readonly key: string | null;
    };
  };
  /** Become a platform admin by the link of an invitation */
  'POST /v1/auth/accept-admin': {
    readonly body: {
      readonly token: string;
      readonly password: string;
    };
    readonly reply: {
      readonly status: 'admin';
      readonly email: string;
    };
  };
  /** Change your email address */
  'POST /v1/auth/change-email': {
    readonly body: {
      readonly email: string;
      readonly password: string;
    };
    readonly reply: {
      readonly status: 'verification_sent';
      readonly email: string;
    };
  };
  /** Change your password */
  'POST /v1/auth/change-password': {
    readonly body: {
      readonly password: string;
      readonly new_password: string;
    };
    readonly reply: {
      readonly status: 'password_changed';
    };
  };
  /** Get tokens for a one-time code */
  'POST /v1/auth/exchange': {
    readonly body: {
      readonly code: string;
      readonly code_verifier: string;
      /** What you call this device in the list of your sessions. */
      readonly device_name?: string | undefined;
    };
    readonly reply: {
      readonly access_token: string;
      readonly refresh_token: string;
      /** When the access token ends, in Unix seconds. */
      readonly expires_at: number;
    } | {
      readonly mfa_required: true;
      /** For `POST /v1/auth/mfa/verify`. */
      readonly mfa_token: string;
      readonly methods: readonly ('totp' | 'recovery_code' | 'passkey')[];
      readonly expires_at: string;
    };
  };
  /** Sign in by an ID token of Firebase */
  'POST /v1/auth/firebase': {
    readonly body: {
      readonly id_token: string;
      /** What you call this device in the list of your sessions. */
      readonly device_name?: string | undefined;
    };
    readonly reply: {
      readonly access_token: string;
      readonly refresh_token: string;
      /** When the access token ends, in Unix seconds. */
      readonly expires_at: number;
    } | {
      readonly mfa_required: true;
      /** For `POST /v1/auth/mfa/verify`. */
      readonly mfa_token: string;
      readonly methods: readonly ('totp' | 'recovery_code' | 'passkey')[];
      readonly expires_at: string;
    };
  };
  /** Send a link to choose a new password */
  'POST /v1/auth/forgot-password': {
    readonly body: {
      readonly email: string;
    };
    readonly reply: {
      readonly status: 'reset_sent';
      readonly email: string;
    };
  };
  /** Sign in by a code that an app got from Google */
  'POST /v1/auth/google': {
    readonly body: {
      readonly code: string;
      readonly code_verifier: string;
      readonly redirect_uri: string;
      readonly nonce?: string | undefined;
      /** What you call this device in the list of your sessions. */
      readonly device_name?: string | undefined;
    };
    readonly reply: {
      readonly access_token: string;
      readonly refresh_token: string;
      /** When the access token ends, in Unix seconds. */
      readonly expires_at: number;
    } | {
      readonly mfa_required: true;
      /** For `POST /v1/auth/mfa/verify`. */
      readonly mfa_token: string;
      readonly methods: readonly ('totp' | 'recovery_code' | 'passkey')[];
      readonly expires_at: string;
    };
  };
  /** Sign in with email and password */
  'POST /v1/auth/login': {
    readonly body: {
      readonly email: string;
      readonly password: string;
      /** What you call this device in the list of your sessions. */
      readonly device_name?: string | undefined;
      /** A refresh token of an earlier session on this device, used or not: who sends one does not wait for guesses that others make, and no mail tells of a new device. */
      readonly former_refresh_token?: string | undefined;
      /** What the CAPTCHA answered, once. */
      readonly captcha_token?: string | undefined;
    };
    readonly reply: {
      readonly access_token: string;
      readonly refresh_token: string;
      /** When the access token ends, in Unix seconds. */
      readonly expires_at: number;
    } | {
      readonly mfa_required: true;
      /** For `POST /v1/auth/mfa/verify`. */
      readonly mfa_token: string;
      readonly methods: readonly ('totp' | 'recovery_code' | 'passkey')[];
      readonly expires_at: string;
    };
  };
  /** End this session */
  'POST /v1/auth/logout': {
    readonly reply: {
      readonly ok: true;
    };
  };
  /** End all your sessions */
  'POST /v1/auth/logout-all': {
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Ask a browser for a passkey, to end a sign-in */
  'POST /v1/auth/mfa/options': {
    readonly body: {
      readonly mfa_token: string;
    };
    readonly reply: {
      readonly challenge: string;
      readonly rpId?: string;
      readonly userVerification?: string;
      readonly allowCredentials?: readonly ({
        readonly id: string;
        readonly type: 'public-key';
        readonly transports?: readonly string[];
      })[];
    } & Readonly<Record<string, unknown>>;
  };
  /** Add a passkey */
  'POST /v1/auth/mfa/passkeys': {
    readonly body: {
      readonly name: string;
      readonly credential: {
        readonly id: string;
        readonly rawId: string;
        readonly type: 'public-key';
        readonly authenticatorAttachment?: string | null | undefined;
        readonly clientExtensionResults?: Readonly<Record<string, unknown>> | undefined;
        readonly response: {
          readonly clientDataJSON: string;
          readonly attestationObject: string;
          readonly authenticatorData?: string | undefined;
          readonly publicKey?: string | undefined;
          readonly publicKeyAlgorithm?: number | undefined;
          readonly transports?: readonly string[] | undefined;
        };
      };
    };
    readonly reply: {
      readonly passkey: {
        readonly id: string;
        readonly name: string;
        /** Whether it is kept in several devices, as by a password manager. */
        readonly synced: boolean;
        readonly created_at: string;
        readonly last_used_at: string | null;
      };
      readonly recovery_codes: readonly string[] | null;
    };
  };
  /** Ask a browser for a new passkey */
  'POST /v1/auth/mfa/passkeys/options': {
    readonly reply: {
      readonly challenge: string;
      readonly rp: {
        readonly id?: string;
        readonly name: string;
      } & Readonly<Record<string, unknown>>;
      readonly user: {
        readonly id: string;
        readonly name: string;
        readonly displayName: string;
      } & Readonly<Record<string, unknown>>;
      readonly pubKeyCredParams: readonly ({
        readonly type: 'public-key';
        readonly alg: number;
      })[];
      readonly excludeCredentials?: readonly ({
        readonly id: string;
        readonly type: 'public-key';
        readonly transports?: readonly string[];
      })[];
    } & Readonly<Record<string, unknown>>;
  };
  /** Make new recovery codes */
  'POST /v1/auth/mfa/recovery-codes': {
    readonly reply: {
      /** Shown once: null where the call is repeated with its Idempotency-Key. */
      readonly recovery_codes: readonly string[] | null;
    };
  };
  /** Begin with an authenticator app */
  'POST /v1/auth/mfa/totp': {
    readonly reply: {
      readonly secret: string;
      readonly otpauth_uri: string;
    };
  };
  /** Confirm an authenticator app */
  'POST /v1/auth/mfa/totp/confirm': {
    readonly body: {
      readonly code: string;
    };
    readonly reply: {
      readonly recovery_codes: readonly string[] | null;
    };
  };
  /** End a sign-in with a second factor */
  'POST /v1/auth/mfa/verify': {
    readonly body: {
      readonly mfa_token: string;
      /** Of an authenticator app. */
      readonly code?: string | undefined;
      readonly recovery_code?: string | undefined;
      readonly passkey?: {
        readonly id: string;
        readonly rawId: string;
        readonly type: 'public-key';
        readonly authenticatorAttachment?: string | null | undefined;
        readonly clientExtensionResults?: Readonly<Record<string, unknown>> | undefined;
        readonly response: {
          readonly clientDataJSON: string;
          readonly authenticatorData: string;
          readonly signature: string;
          readonly userHandle?: string | null | undefined;
        };
      } | undefined;
      /** What you call this device in the list of your sessions. */
      readonly device_name?: string | undefined;
      /** As at a log-in: by a device that is known, no mail tells of a new one. */
      readonly former_refresh_token?: string | undefined;
    };
    readonly reply: {
      readonly access_token: string;
      readonly refresh_token: string;
      /** When the access token ends, in Unix seconds. */
      readonly expires_at: number;
    };
  };
  /** Sign in with a passkey */
  'POST /v1/auth/passkey': {
    readonly body: {
      readonly credential: {
        readonly id: string;
        readonly rawId: string;
        readonly type: 'public-key';
        readonly authenticatorAttachment?: string | null | undefined;
        readonly clientExtensionResults?: Readonly<Record<string, unknown>> | undefined;
        readonly response: {
          readonly clientDataJSON: string;
          readonly authenticatorData: string;
          readonly signature: string;
          readonly userHandle?: string | null | undefined;
        };
      };
      /** What you call this device in the list of your sessions. */
      readonly device_name?: string | undefined;
      /** As at a log-in: by a device that is known, no mail tells of a new one. */
      readonly former_refresh_token?: string | undefined;
    };
    readonly reply: {
      readonly access_token: string;
      readonly refresh_token: string;
      /** When the access token ends, in Unix seconds. */
      readonly expires_at: number;
    };
  };
  /** Ask a browser for a passkey, to sign in without a password */
  'POST /v1/auth/passkey/options': {
    readonly reply: {
      readonly challenge: string;
      readonly rpId?: string;
      readonly userVerification?: string;
      readonly allowCredentials?: readonly ({
        readonly id: string;
        readonly type: 'public-key';
        readonly transports?: readonly string[];
      })[];
    } & Readonly<Record<string, unknown>>;
  };
  /** Get a new pair of tokens */
  'POST /v1/auth/refresh': {
    readonly body: {
      readonly refresh_token: string;
    };
    readonly reply: {
      readonly access_token: string;
      readonly refresh_token: string;
      /** When the access token ends, in Unix seconds. */
      readonly expires_at: number;
    };
  };
  /** Register with email and password */
  'POST /v1/auth/register': {
    readonly body: {
      readonly email: string;
      readonly password: string;
      readonly full_name?: string | undefined;
      readonly company_name?: string | undefined;
    };
    readonly reply: {
      readonly status: 'verification_sent';
      readonly email: string;
    };
  };
  /** Send the mail again that opens a closed account */
  'POST /v1/auth/resend-restore': {
    readonly body: {
      readonly email: string;
    };
    readonly reply: {
      readonly status: 'restore_sent';
      readonly email: string;
    };
  };
  /** Send the mail again that verifies an address */
  'POST /v1/auth/resend-verification': {
    readonly body: {
      readonly email: string;
    };
    readonly reply: {
      readonly status: 'verification_sent';
      readonly email: string;
    };
  };
  /** Choose a new password by the link of a mail */
  'POST /v1/auth/reset-password': {
    readonly body: {
      readonly token: string;
      readonly password: string;
    };
    readonly reply: {
      readonly status: 'password_changed';
    };
  };
  /** Open a closed account again */
  'POST /v1/auth/restore': {
    readonly body: {
      readonly token: string;
    };
    readonly reply: {
      readonly status: 'restored';
    };
  };
  /** Find out where somebody signs in */
  'POST /v1/auth/sso/start': {
    readonly body: {
      readonly email?: string | undefined;
      readonly organization?: string | undefined;
      /** One of SIGN_IN_RETURN_TO. */
      readonly return_to: string;
      /** The base64url of the SHA-256 of a random secret that the page keeps. */
      readonly code_challenge: string;
    };
    readonly reply: {
      readonly url: string;
    };
  };
  /** Prove once more that it is you */
  'POST /v1/auth/step-up': {
    readonly body: {
      readonly password?: string | undefined;
      /** Of an authenticator app. */
      readonly code?: string | undefined;
      readonly recovery_code?: string | undefined;
      readonly passkey?: {
        readonly id: string;
        readonly rawId: string;
        readonly type: 'public-key';
        readonly authenticatorAttachment?: string | null | undefined;
        readonly clientExtensionResults?: Readonly<Record<string, unknown>> | undefined;
        readonly response: {
          readonly clientDataJSON: string;
          readonly authenticatorData: string;
          readonly signature: string;
          readonly userHandle?: string | null | undefined;
        };
      } | undefined;
    };
    readonly reply: {
      readonly ok: true;
    };
  };
  /** Ask a browser for a passkey, to prove yourself once more */
  'POST /v1/auth/step-up/options': {
    readonly reply: {
      readonly challenge: string;
      readonly rpId?: string;
      readonly userVerification?: string;
      readonly allowCredentials?: readonly ({
        readonly id: string;
        readonly type: 'public-key';
        readonly transports?: readonly string[];
      })[];
    } & Readonly<Record<string, unknown>>;
  };
  /** Use the link of a mail that asks to confirm an address */
  'POST /v1/auth/verify-email': {
    readonly body: {
      readonly token: string;
    };
    readonly reply: {
      readonly status: 'verified';
    };
  };
  /** Buy a plan or an add-on */
  'POST /v1/billing/checkout': {
    readonly body: {
      readonly product: string;
      /** `product.plan`, or its name within the product. */
      readonly plan?: string | undefined;
      readonly add_on?: string | undefined;
      readonly cycle?: 'monthly' | 'yearly' | undefined;
      /** Seats of a plan that is sold by the seat, or add-ons. */
      readonly quantity?: number | undefined;
      /** A page of yours; Stripe puts the session’s id in place of {CHECKOUT_SESSION_ID}. */
      readonly success_url: string;
      /** A page of yours; Stripe puts the session’s id in place of {CHECKOUT_SESSION_ID}. */
      readonly cancel_url: string;
      /** As it is advertised. Without one the page asks. */
      readonly promotion_code?: string | undefined;
    };
    readonly reply: {
      /** The store’s page: send the customer there. */
      readonly checkout_url: string;
      readonly expires_at: string;
      /** Of the trial that the page offers; null: it is paid at once. */
      readonly trial_days: number | null;
    };
  };
  /** Change the card, see invoices */
  'POST /v1/billing/portal': {
    readonly body: {
      /** A page of yours; Stripe puts the session’s id in place of {CHECKOUT_SESSION_ID}. */
      readonly return_url: string;
    };
    readonly reply: {
      readonly portal_url: string;
    };
  };
  /** Change plan, cycle or seats */
  'POST /v1/billing/subscription/change': {
    readonly body: {
      /** Needed where the account has subscriptions of several products. */
      readonly product?: string | undefined;
      /** `product.plan`, or its name within the product. */
      readonly plan?: string | undefined;
      readonly cycle?: 'monthly' | 'yearly' | undefined;
      /** Seats of a plan that is sold by the seat, or add-ons. */
      readonly quantity?: number | undefined;
      /** Not said: now for what costs more, and with the end of what is paid for what costs less, or for fewer months. */
      readonly when?: 'now' | 'period_end' | undefined;
      /** As it is advertised. Without one the page asks. */
      readonly promotion_code?: string | undefined;
      /** Of a preview of the last quarter of an hour: then the change costs what it said. */
      readonly prorated_at?: string | undefined;
    };
    readonly reply: {
      readonly subscription: {
        readonly id: string;
        readonly store: 'stripe' | 'app_store' | 'google_play';
        readonly product: string;
        /** `product.plan`. */
        readonly plan: string;
        readonly cycle: 'monthly' | 'yearly';
        readonly quantity: number;
        readonly price: {
          readonly currency: string;
          /** Of one, a cycle, before discounts and tax; minor units. */
          readonly unit_amount: number;
        };
        readonly state: 'incomplete' | 'trialing' | 'active' | 'past_due' | 'paused' | 'canceled' | 'expired';
        readonly starts_at: string;
        readonly trial_ends_at: string | null;
        readonly period_starts_at: string;
        readonly period_ends_at: string;
        /** When it will end, as was asked. */
        readonly cancels_at: string | null;
        readonly ended_at: string | null;
        /** Until when the plan is kept although it could not be charged; null: nothing failed. */
        readonly grace_ends_at: string | null;
        /** From when on it gives nothing until it is put right; it may be to come. */
        readonly suspends_at: string | null;
        readonly suspended_by: 'dispute' | 'pause' | 'payment' | null;
        /** What it becomes, and when. */
        readonly next: {
          readonly plan: string;
          readonly cycle: 'monthly' | 'yearly';
          readonly quantity: number;
          readonly at: string;
        } | null;
      };
      /** What is in use beyond the plan that it becomes: nothing of it is deleted, and nothing added. */
      readonly not_fitting: readonly ({
        /** Its name within the product. */
        readonly limit: string;
        readonly used: number;
        readonly max: number;
      })[];
    };
  };
  /** Have a subscription go on */
  'POST /v1/billing/subscription/resume': {
    readonly body: {
      /** Needed where the account has subscriptions of several products. */
      readonly product?: string | undefined;
    };
    readonly reply: {
      readonly id: string;
      readonly store: 'stripe' | 'app_store' | 'google_play';
      readonly product: string;
      /** `product.plan`. */
      readonly plan: string;
      readonly cycle: 'monthly' | 'yearly';
      readonly quantity: number;
      readonly price: {
        readonly currency: string;
        /** Of one, a cycle, before discounts and tax; minor units. */
        readonly unit_amount: number;
      };
      readonly state: 'incomplete' | 'trialing' | 'active' | 'past_due' | 'paused' | 'canceled' | 'expired';
      readonly starts_at: string;
      readonly trial_ends_at: string | null;
      readonly period_starts_at: string;
      readonly period_ends_at: string;
      /** When it will end, as was asked. */
      readonly cancels_at: string | null;
      readonly ended_at: string | null;
      /** Until when the plan is kept although it could not be charged; null: nothing failed. */
      readonly grace_ends_at: string | null;
      /** From when on it gives nothing until it is put right; it may be to come. */
      readonly suspends_at: string | null;
      readonly suspended_by: 'dispute' | 'pause' | 'payment' | null;
      /** What it becomes, and when. */
      readonly next: {
        readonly plan: string;
        readonly cycle: 'monthly' | 'yearly';
        readonly quantity: number;
        readonly at: string;
      } | null;
    };
  };
  /** Ask for variants of a post */
  'POST /v1/create': {
    readonly body: {
      /** Where the post will appear. */
      readonly platform: 'tiktok' | 'instagram' | 'youtube' | 'x' | 'linkedin';
      /** What the post is about. */
      readonly topic: string;
      /** How it should sound: bold, warm, dry … */
      readonly tone?: string | undefined;
      /** Who should feel addressed. */
      readonly audience?: string | undefined;
      /** How your brand speaks: words it uses and avoids. */
      readonly brand_voice?: string | undefined;
      /** BCP 47 tag of the language to write in. */
      readonly language?: string | undefined;
      /** How many variants to write; your plan says how many you may ask for. */
      readonly variants?: number | undefined;
    };
    readonly reply: {
      readonly generation_id: string;
      readonly draft_id: string;
      readonly status: 'queued';
      readonly status_url: string;
    };
  };
  /** Cancel a generation */
  'POST /v1/generations/{id}/cancel': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly generation_id: string;
      readonly draft_id: string;
      readonly status: 'cancelled';
      readonly status_url: string;
    };
  };
  /** Accept an invitation */
  'POST /v1/invitations/accept': {
    readonly body: {
      readonly token: string;
    };
    readonly reply: {
      readonly id: string;
      readonly name: string;
      readonly status: 'active' | 'suspended';
      readonly role: 'viewer' | 'member' | 'admin' | 'owner';
      /** Until when a closed one can be opened again; null: it is open. */
      readonly restorable_until: string | null;
      readonly created_at: string;
      readonly updated_at: string;
    };
  };
  /** Save to the library */
  'POST /v1/library/assets': {
    readonly body: {
      /** With `variant_id`: what to copy. */
      readonly draft_id?: string | undefined;
      readonly variant_id?: string | undefined;
      /** With `hook` and `body`: content of your own. */
      readonly platform?: 'tiktok' | 'instagram' | 'youtube' | 'x' | 'linkedin' | undefined;
      /** BCP 47 tag; `en` when not said. A draft has its own. */
      readonly language?: string | undefined;
      /** Its first line. */
      readonly hook?: string | undefined;
      readonly body?: string | undefined;
      /** What it asks of its readers. */
      readonly cta?: string | undefined;
      readonly hashtags?: readonly string[] | undefined;
      /** A name to find it by. */
      readonly title?: string | undefined;
      /** Words of your own to sort by; kept in lower case, each once. */
      readonly tags?: readonly string[] | undefined;
      readonly status?: 'draft' | 'ready' | 'published' | 'archived' | undefined;
    };
    readonly reply: {
      readonly id: string;
      /** Where it was copied from. */
      readonly draft_id: string | null;
      readonly variant_id: string | null;
      readonly platform: 'tiktok' | 'instagram' | 'youtube' | 'x' | 'linkedin';
      readonly language: string;
      readonly title: string | null;
      readonly hook: string;
      readonly body: string;
      readonly cta: string;
      readonly hashtags: readonly string[];
      readonly tags: readonly string[];
      readonly status: 'draft' | 'ready' | 'published' | 'archived';
      /** Counts changes; the ETag of the asset. */
      readonly version: number;
      readonly created_at: string;
      readonly updated_at: string;
      /** In the trash since; 30 days later it is gone. */
      readonly deleted_at: string | null;
    };
  };
  /** Take an asset out of the trash */
  'POST /v1/library/assets/{id}/restore': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      /** Where it was copied from. */
      readonly draft_id: string | null;
      readonly variant_id: string | null;
      readonly platform: 'tiktok' | 'instagram' | 'youtube' | 'x' | 'linkedin';
      readonly language: string;
      readonly title: string | null;
      readonly hook: string;
      readonly body: string;
      readonly cta: string;
      readonly hashtags: readonly string[];
      readonly tags: readonly string[];
      readonly status: 'draft' | 'ready' | 'published' | 'archived';
      /** Counts changes; the ETag of the asset. */
      readonly version: number;
      readonly created_at: string;
      readonly updated_at: string;
      /** In the trash since; 30 days later it is gone. */
      readonly deleted_at: string | null;
    };
  };
  /** Have an archive made of all that is kept of you */
  'POST /v1/me/exports': {
    readonly reply: {
      readonly id: string;
      /** The organization that it is of; null: of yourself. */
      readonly organization_id: string | null;
      readonly status: 'waiting' | 'ready' | 'failed';
      readonly bytes: number | null;
      /** Until when it can be downloaded; null while it is made. */
      readonly expires_at: string | null;
      readonly created_at: string;
    };
  };
  /** Make an organization */
  'POST /v1/organizations': {
    readonly body: {
      readonly name: string;
    };
    readonly reply: {
      readonly id: string;
      readonly name: string;
      readonly status: 'active' | 'suspended';
      readonly role: 'viewer' | 'member' | 'admin' | 'owner';
      /** Until when a closed one can be opened again; null: it is open. */
      readonly restorable_until: string | null;
      readonly created_at: string;
      readonly updated_at: string;
    };
  };
  /** Have an archive made of all that is kept of an organization */
  'POST /v1/organizations/{id}/exports': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      /** The organization that it is of; null: of yourself. */
      readonly organization_id: string | null;
      readonly status: 'waiting' | 'ready' | 'failed';
      readonly bytes: number | null;
      /** Until when it can be downloaded; null while it is made. */
      readonly expires_at: string | null;
      readonly created_at: string;
    };
  };
  /** Invite somebody by email */
  'POST /v1/organizations/{id}/invitations': {
    readonly params: {
      readonly id: string;
    };
    readonly body: {
      readonly email: string;
      readonly role: 'viewer' | 'member' | 'admin' | 'owner';
    };
    readonly reply: {
      readonly id: string;
      readonly email: string;
      readonly role: 'viewer' | 'member' | 'admin' | 'owner';
      readonly status: 'open' | 'expired';
      readonly invited_by: string;
      readonly created_at: string;
      readonly expires_at: string;
    };
  };
  /** Send an invitation anew */
  'POST /v1/organizations/{id}/invitations/{invitation_id}/resend': {
    readonly params: {
      readonly id: string;
      readonly invitation_id: string;
    };
    readonly reply: {
      readonly id: string;
      readonly email: string;
      readonly role: 'viewer' | 'member' | 'admin' | 'owner';
      readonly status: 'open' | 'expired';
      readonly invited_by: string;
      readonly created_at: string;
      readonly expires_at: string;
    };
  };
  /** Open a closed organization again */
  'POST /v1/organizations/{id}/restore': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: {
      readonly id: string;
      readonly name: string;
      readonly status: 'active' | 'suspended';
      readonly role: 'viewer' | 'member' | 'admin' | 'owner';
      /** Until when a closed one can be opened again; null: it is open. */
      readonly restorable_until: string | null;
      readonly created_at: string;
      readonly updated_at: string;
    };
  };
  /** Claim a domain */
  'POST /v1/organizations/{id}/sso/domains': {
    readonly params: {
      readonly id: string;
    };
    readonly body: {
      readonly domain: string;
    };
    readonly reply: {
      readonly domain: string;
      /** `missing`: it is verified, and DNS lacks its record; after three days of that it is pending again. */
      readonly status: 'pending' | 'verified' | 'missing';
      /** What DNS must show, and go on showing. */
      readonly record: {
        readonly type: 'TXT';
        readonly name: string;
        readonly value: string;
      };
      readonly verified_at: string | null;
      readonly missing_since: string | null;
    };
  };
  /** Prove a domain */
  'POST /v1/organizations/{id}/sso/domains/{domain}/verify': {
    readonly params: {
      readonly id: string;
      readonly domain: string;
    };
    readonly reply: {
      readonly domain: string;
      /** `missing`: it is verified, and DNS lacks its record; after three days of that it is pending again. */
      readonly status: 'pending' | 'verified' | 'missing';
      /** What DNS must show, and go on showing. */
      readonly record: {
        readonly type: 'TXT';
        readonly name: string;
        readonly value: string;
      };
      readonly verified_at: string | null;
      readonly missing_since: string | null;
    };
  };
  /** Hand your ownership over to another member */
  'POST /v1/organizations/{id}/transfer': {
    readonly params: {
      readonly id: string;
    };
    readonly body: {
      readonly user_id: string;
    };
    readonly reply: {
      readonly user_id: string;
      readonly email: string;
      readonly full_name: string | null;
      readonly avatar_url: string | null;
      readonly role: 'viewer' | 'member' | 'admin' | 'owner';
      readonly created_at: string;
    };
  };
  /** Ask for a permit to do something that costs */
  'POST /v1/permits': {
    readonly body: {
      readonly product: string;
      /** One that its product opens to backends outside. */
      readonly feature: string;
      /** What a limit by subject counts by: an id of yours, and no text of a user’s. */
      readonly subject?: string | undefined;
      readonly units?: number | undefined;
      /** The most that the call may cost: reserved from the budgets. Without it, what the feature reserves. */
      readonly estimate?: {
        /** As the price catalogue has it: `openai/gpt-4o`, or `gpt-4o` where one provider alone has it. */
        readonly model: string;
        readonly provider?: string | undefined;
        readonly prompt_tokens?: number | undefined;
        readonly completion_tokens?: number | undefined;
      } | {
        readonly cost_micros: number;
      } | undefined;
      /** After so many seconds it expires, and its place is free. Never longer than the feature allows. */
      readonly ttl_seconds?: number | undefined;
    };
    readonly reply: {
      readonly permit_id: string;
      readonly product: string;
      readonly feature: string;
      readonly units: number;
      readonly reserve_micros: number;
      readonly expires_at: string;
      readonly status: 'running';
    };
  };
  /** More time, or more money, for work that is under way */
  'POST /v1/permits/{id}/extend': {
    readonly params: {
      readonly id: string;
    };
    readonly body: {
      /** From now; a permit never ends sooner for it. */
      readonly ttl_seconds?: number | undefined;
      /** What it may cost in all; a reserve never shrinks. */
      readonly cost_micros?: number | undefined;
    };
    readonly reply: {
      readonly permit_id: string;
      readonly expires_at: string;
      readonly reserve_micros: number;
    };
  };
  /** Give a permit back: its work came to nothing, and cost nothing */
  'POST /v1/permits/{id}/release': {
    readonly params: {
      readonly id: string;
    };
    readonly body: {
      /** A word for the ledger, and no text of a user’s. */
      readonly reason?: string | undefined;
    };
    readonly reply: {
      readonly permit_id: string;
      readonly status: 'voided';
    };
  };
  /** Say what the work really took and cost */
  'POST /v1/permits/{id}/settle': {
    readonly params: {
      readonly id: string;
    };
    readonly body: {
      /** Fewer than admitted: the rest goes back. 0: the work failed after it had cost something. */
      readonly units?: number | undefined;
      /** Priced by the catalogue of this server, unless `cost_micros` says what it cost. */
      readonly usage?: {
        /** As the price catalogue has it: `openai/gpt-4o`, or `gpt-4o` where one provider alone has it. */
        readonly model: string;
        readonly provider?: string | undefined;
        /** The provider’s own id of the call: it joins the ledger with their bill. */
        readonly provider_request_id?: string | undefined;
        readonly prompt_tokens: number;
        /** Part of the prompt’s. */
        readonly cached_tokens?: number | undefined;
        readonly completion_tokens: number;
        /** Part of the completion’s. */
        readonly reasoning_tokens?: number | undefined;
      } | undefined;
      /** Micro-dollars, taken as they are. */
      readonly cost_micros?: number | undefined;
    };
    readonly reply: {
      readonly permit_id: string;
      readonly status: 'settled';
      readonly units: number;
      readonly cost_micros: number;
    };
  };
  /** Ask for another version of a draft */
  'POST /v1/regenerate': {
    readonly body: {
      /** What to write anew. */
      readonly draft_id: string;
      /** One part of the selected variant, or whole new variants from the draft’s brief. */
      readonly mode: 'targeted' | 'full';
      /** The part to write anew; for `targeted`, and only there. */
      readonly target?: 'hook' | 'body' | 'cta' | 'hashtags' | undefined;
      /** What should be different this time. */
      readonly instructions?: string | undefined;
      /** How many variants to write, one when not said; only for `full`. */
      readonly variants?: number | undefined;
    };
    readonly reply: {
      readonly generation_id: string;
      readonly draft_id: string;
      readonly status: 'queued';
      readonly status_url: string;
    };
  };
  /** Write down what was metered elsewhere */
  'POST /v1/usage-events': {
    readonly body: {
      readonly events: readonly ({
        /** Yours: counted once for ever. */
        readonly id: string;
        readonly product: string;
        /** One that its product opens to backends outside. */
        readonly feature: string;
        /** What a limit by subject counts by: an id of yours, and no text of a user’s. */
        readonly subject?: string | undefined;
        readonly units?: number | undefined;
        /** Priced by the catalogue of this server, unless `cost_micros` says what it cost. */
        readonly usage?: {
          /** As the price catalogue has it: `openai/gpt-4o`, or `gpt-4o` where one provider alone has it. */
          readonly model: string;
          readonly provider?: string | undefined;
          /** The provider’s own id of the call: it joins the ledger with their bill. */
          readonly provider_request_id?: string | undefined;
          readonly prompt_tokens: number;
          /** Part of the prompt’s. */
          readonly cached_tokens?: number | undefined;
          readonly completion_tokens: number;
          /** Part of the completion’s. */
          readonly reasoning_tokens?: number | undefined;
        } | undefined;
        /** Micro-dollars, taken as they are. */
        readonly cost_micros?: number | undefined;
        /** When it happened; now when not said. It is charged to the present windows that it lies in. */
        readonly at?: string | undefined;
      })[];
    };
    readonly reply: {
      readonly data: readonly ({
        readonly id: string;
        readonly status: 'posted' | 'duplicate' | 'refused';
        readonly error?: {
          readonly code: string;
          readonly message: string;
        };
      })[];
    };
  };
  /** Stripe tells what happened */
  'POST /v1/webhooks/stripe': {
    readonly body: {
      readonly id: string;
      readonly object: 'event';
      readonly type: string;
    } & Readonly<Record<string, unknown>>;
    readonly reply: {
      readonly received: true;
    };
  };
  /** Choose how far a limit may be passed */
  'PUT /v1/billing/overage': {
    readonly body: {
      readonly product: string;
      readonly limit: string;
      /** Units past the plan’s own size, in each window. */
      readonly most: number;
    };
    readonly reply: {
      readonly product: string;
      readonly limit: string;
      /** `product.plan`: the one that is in effect. */
      readonly plan: string;
      readonly currency: 'usd' | 'eur' | 'gbp';
      /** What one unit past the limit costs, in millionths of the currency. */
      readonly unit_micros: number;
      /** Units that the plan itself has, in each window. */
      readonly included: number;
      /** Units past it that the account allows, in each window; 0: the limit is a hard cap. */
      readonly most: number;
      /** Units of the present window, with those of calls that are under way. */
      readonly used: number;
      /** Units of the present window that are billed: settled, and past what was included. */
      readonly past: number;
      /** When the window ends. */
      readonly resets_at: string | null;
    };
  };
  /** Set up single sign-on */
  'PUT /v1/organizations/{id}/sso': {
    readonly params: {
      readonly id: string;
    };
    readonly body: {
      /** As the provider’s discovery document names itself, not that document’s address; https. */
      readonly issuer: string;
      readonly client_id: string;
      /** Whether members with an address in a proven domain must come by it; owners may come otherwise. */
      readonly enforced: boolean;
      /** Whether whoever comes by it becomes a member. */
      readonly provisions: boolean;
      readonly default_role: 'viewer' | 'member';
      readonly client_secret?: string | undefined;
    };
    readonly reply: {
      /** As the provider’s discovery document names itself, not that document’s address; https. */
      readonly issuer: string;
      readonly client_id: string;
      /** Whether members with an address in a proven domain must come by it; owners may come otherwise. */
      readonly enforced: boolean;
      /** Whether whoever comes by it becomes a member. */
      readonly provisions: boolean;
      readonly default_role: 'viewer' | 'member';
      /** When somebody first signed in by it as it is set up; null: nobody has. */
      readonly proven_at: string | null;
      /** What the provider must allow. */
      readonly redirect_uri: string;
      readonly updated_at: string;
    };
  };
}

/** Routes that take an Idempotency-Key. */
export const KEYED: ReadonlySet<string> = new Set([
  'POST /v1/admin/billing/inbox/replay',
  'POST /v1/admin/credits',
  'POST /v1/admin/grants',
  'POST /v1/admin/jobs/{id}/replay',
  'POST /v1/admin/proceeds',
  'POST /v1/admin/usage/adjustments',
  'POST /v1/admin/webhooks',
  'POST /v1/admin/webhooks/{id}/replay',
  'POST /v1/admin/webhooks/{id}/rotate',
  'POST /v1/admin/webhooks/{id}/test',
  'POST /v1/ai/chat/completions',
  'POST /v1/api-keys',
  'POST /v1/api-keys/{id}/rotate',
  'POST /v1/auth/mfa/recovery-codes',
  'POST /v1/billing/checkout',
  'POST /v1/billing/subscription/change',
  'POST /v1/billing/subscription/resume',
  'POST /v1/create',
  'POST /v1/generations/{id}/cancel',
  'POST /v1/library/assets',
  'POST /v1/library/assets/{id}/restore',
  'POST /v1/me/exports',
  'POST /v1/organizations',
  'POST /v1/organizations/{id}/exports',
  'POST /v1/organizations/{id}/invitations',
  'POST /v1/organizations/{id}/invitations/{invitation_id}/resend',
  'POST /v1/organizations/{id}/sso/domains',
  'POST /v1/permits',
  'POST /v1/regenerate',
]);

/** Every code that an error may have. */
export type ErrorCode =
  | 'already_invited'
  | 'already_member'
  | 'already_subscribed'
  | 'answer_too_large'
  | 'answer_unusable'
  | 'busy'
  | 'call_too_costly'
  | 'captcha_required'
  | 'conflict'
  | 'context_length_exceeded'
  | 'context_too_large'
  | 'dns_unavailable'
  | 'does_not_fit'
  | 'domain_taken'
  | 'domain_unfit'
  | 'domain_unproven'
  | 'email_not_verified'
  | 'feature_not_open'
  | 'field_refused'
  | 'forbidden'
  | 'generation_ended'
  | 'idempotency_in_progress'
  | 'idempotency_key_required'
  | 'idempotency_mismatch'
  | 'internal'
  | 'invalid_credentials'
  | 'invitation_expired'
  | 'invitation_for_another'
  | 'invited_too_often'
  | 'job_not_dead'
  | 'job_not_replayable'
  | 'last_owner'
  | 'limit_exceeded'
  | 'link_invalid'
  | 'managed_elsewhere'
  | 'mfa_over'
  | 'mfa_paused'
  | 'mfa_refused'
  | 'model_unknown'
  | 'no_variant_selected'
  | 'not_found'
  | 'nothing_sold'
  | 'operator_budget_closed'
  | 'outcome_unknown'
  | 'overage_not_sold'
  | 'passkey_invalid'
  | 'payload_too_large'
  | 'payment_declined'
  | 'permit_settled'
  | 'permit_stale'
  | 'plan_required'
  | 'precondition_failed'
  | 'prices_missing'
  | 'provider_email_unverified'
  | 'provider_not_found'
  | 'provider_rate_limited'
  | 'provider_rejected'
  | 'provider_timeout'
  | 'provider_unavailable'
  | 'provider_unprocessable'
  | 'refreshed_too_often'
  | 'sale_differs'
  | 'server_stopping'
  | 'sign_in_canceled'
  | 'sign_in_failed'
  | 'sign_in_not_linked'
  | 'sign_in_not_set_up'
  | 'sign_in_unavailable'
  | 'sso_required'
  | 'sso_unconfigured'
  | 'sso_unproven'
  | 'step_up_required'
  | 'store_refused'
  | 'store_unavailable'
  | 'subscription_ending'
  | 'subscription_over'
  | 'too_many_attempts'
  | 'too_many_domains'
  | 'too_many_organizations'
  | 'unauthenticated'
  | 'unavailable'
  | 'unsupported_media_type'
  | 'user_closed'
  | 'user_suspended'
  | 'validation_failed'
  | 'webhook_disabled'
  | 'webhook_forged'
  | 'wrong_account_kind'
  | 'wrong_password';
