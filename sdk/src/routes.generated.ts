// Made from docs/generated/openapi.json by `npm run generate`.

/** What routes take and answer, by name. */
export interface Schemas {
  readonly AcceptAdminRequest: {
    readonly token: string;
    readonly password: string;
  };
  readonly AcceptInvitationRequest: {
    readonly token: string;
  };
  readonly AcceptedAdmin: {
    readonly status: 'admin';
    readonly email: string;
  };
  readonly AcceptedAnalysis: {
    readonly analysis_id: string;
    readonly scope_id: string;
    readonly status_url: string;
    /** `queued`, but of an analysis that was there already. */
    readonly status: 'queued' | 'running' | 'completed';
  };
  readonly AcceptedExtraction: {
    readonly extraction_id: string;
    readonly scope_id: string;
    readonly status_url: string;
    /** `queued`, but of an extraction that was there already. */
    readonly status: 'queued' | 'running' | 'completed';
  };
  readonly Account: {
    readonly id: string;
    readonly kind: 'personal' | 'organization';
    readonly name: string;
    /** Where its days, weeks and months begin, for limits that count in them: `Europe/Berlin`. */
    readonly time_zone: string;
  };
  readonly Action: {
    readonly id: string;
    readonly goal_id: string;
    readonly title: string;
    readonly due: string | null;
    readonly source: 'own' | 'suggested';
    readonly done: boolean;
    readonly done_at: string | null;
    /** The day on which it was done, where you were. */
    readonly done_on: string | null;
    readonly version: number;
    readonly created_at: string;
  };
  readonly ActivateLicenseRequest: {
    /** As it is on the key: case, hyphens and blanks don’t matter, nor I for 1, L for 1, O for 0. */
    readonly license_key: string;
    /** What the machine is recognised by: at least 10 characters. */
    readonly hardware_id?: string | undefined;
    /** What the machine is recognised by: at least 10 characters. */
    readonly machine_id?: string | undefined;
    readonly name?: string | undefined;
    readonly platform?: string | undefined;
  };
  readonly ActivatedMachine: {
    readonly id: string;
    readonly hardware_id: string;
    readonly activated_at: string;
  };
  readonly Activity: {
    readonly id: string;
    readonly created_at: string;
    readonly action: string;
    /** The person behind it, through a key too. */
    readonly user_id: string | null;
    readonly target: Schemas['AuditTarget'] | null;
  };
  readonly ActivityPage: {
    readonly data: readonly Schemas['Activity'][];
    readonly next_cursor: string | null;
  };
  readonly ActivityScope: {
    readonly id: string;
    readonly title: string | null;
  };
  readonly AddDeveloperKeyRequest: {
    readonly name: string;
    /** SubjectPublicKeyInfo in PEM. */
    readonly public_key: string;
  };
  readonly AddOn: {
    readonly id: string;
    readonly product: string;
    readonly name: string;
    readonly price: Schemas['AddOnPrice'];
    /** How long it lasts; bought again meanwhile, it lasts that much longer. */
    readonly days: number;
    /** The plan that is at least in effect while it lasts. */
    readonly lifts: string;
  };
  readonly AddOnAmount: {
    readonly once: number;
  };
  readonly AddOnPrice: {
    /** By ISO 4217, in lower case. */
    readonly currency: string;
    readonly once: number;
    readonly also: Readonly<Record<string, Schemas['AddOnAmount']>>;
  };
  readonly AddOnPurchase: {
    readonly id: string;
    readonly product: string;
    /** `product.add_on`. */
    readonly add_on: string;
    readonly source: 'admin' | 'owner' | 'import' | 'stripe' | 'app_store' | 'google_play';
    readonly quantity: number;
    readonly bought_at: string;
    /** When its days begin: after those bought before. null: they never did. */
    readonly starts_at: string | null;
    /** When they end; null: nothing ends it, or it never began. */
    readonly ends_at: string | null;
    /** When all of its money had gone back, or it was taken back by hand; null: it was not. */
    readonly taken_back_at: string | null;
  };
  readonly AddOnPurchasePage: {
    readonly data: readonly Schemas['AddOnPurchase'][];
    readonly next_cursor: string | null;
  };
  readonly AddPasskeyRequest: {
    readonly name: string;
    readonly credential: Schemas['PasskeyAttestation'];
  };
  readonly AddSsoDomainRequest: {
    readonly domain: string;
  };
  readonly AddedPasskey: {
    readonly passkey: Schemas['Passkey'];
    readonly recovery_codes: readonly string[] | null;
  };
  readonly AdjustUsageRequest: {
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
  readonly AdminAuditEntry: {
    readonly id: string;
    readonly created_at: string;
    readonly action: string;
    /** The person behind it, through a key too. */
    readonly user_id: string | null;
    readonly target: Schemas['AuditTarget'] | null;
    readonly actor: Schemas['AuditActor'];
    readonly changes: Readonly<Record<string, unknown>>;
    readonly ip: string | null;
    readonly user_agent: string | null;
    readonly request_id: string | null;
    readonly account_id: string | null;
  };
  readonly AdminAuditEntryPage: {
    readonly data: readonly Schemas['AdminAuditEntry'][];
    readonly next_cursor: string | null;
  };
  readonly AdminJob: {
    readonly id: string;
    /** What it does: `product.job`. */
    readonly kind: string;
    readonly lane: 'interactive' | 'batch';
    /** `dead`: it failed for good. */
    readonly status: 'ready' | 'delayed' | 'running' | 'done' | 'dead' | 'cancelled';
    /** null: it has not told how far it is. */
    readonly progress: Schemas['JobProgress'] | null;
    /** 0 before the first. */
    readonly attempt: number;
    /** Why its last attempt failed: an error code, or a few words. */
    readonly error: string | null;
    /** When it was, or will be, due. */
    readonly run_at: string;
    readonly created_at: string;
    readonly updated_at: string;
    /** The nil UUID: a schedule enqueued it. */
    readonly account_id: string;
    /** Ids only. */
    readonly payload: Readonly<Record<string, string>>;
    readonly permit_id: string | null;
    /** How often it may be tried. */
    readonly max_attempts: number;
    readonly request_id: string;
  };
  readonly AdminJobPage: {
    readonly data: readonly Schemas['AdminJob'][];
    readonly next_cursor: string | null;
  };
  readonly AdminLicense: {
    readonly id: string;
    /** The end of the key, to tell keys apart by. */
    readonly key_hint: string;
    readonly status: 'active' | 'suspended' | 'inactive';
    /** Why it is not active: `payment`, `dispute`, `pause`, `ended`, `account`, `admin`. */
    readonly status_reason: string | null;
    /** The plan; of a licence that has ended, the last one. */
    readonly tier: string;
    /** Options of the plan that are granted. */
    readonly features: readonly string[];
    readonly max_seats: number;
    readonly current_seats_used: number;
    readonly seats_left: number;
    readonly max_machines: number;
    readonly machines_used: number;
    /** The longest that a session may work offline. */
    readonly offline_minutes: number;
    readonly issued_at: string;
    /** By the first machine. */
    readonly activated_at: string | null;
    readonly suspended_at: string | null;
    readonly deactivated_at: string | null;
    readonly last_renewal_at: string | null;
    readonly next_billing_date: string | null;
    /** The end of what is paid for, or tried; null: nothing ends it. Past it the licence works until `grace_period_ends_at` where a payment failed. */
    readonly expires_at: string | null;
    readonly trial_ends_at: string | null;
    /** Until when it works although a payment failed; null: none did. */
    readonly grace_period_ends_at: string | null;
    readonly account_id: string;
    /** What the account is called. */
    readonly organization: string;
    /** In place of the plan’s; null: those of the plan. */
    readonly seats_by_admin: number | null;
    /** For If-Match. */
    readonly version: number;
  };
  readonly AdminLicensePage: {
    readonly data: readonly Schemas['AdminLicense'][];
    readonly next_cursor: string | null;
  };
  readonly AdminUser: {
    readonly id: string;
    readonly email: string;
    readonly full_name: string | null;
    readonly email_verified: boolean;
    readonly role: 'user' | 'admin';
    readonly status: 'active' | 'suspended' | 'closed';
    readonly created_at: string;
    readonly accounts: readonly Schemas['AdminUserAccount'][];
  };
  readonly AdminUserAccount: {
    readonly id: string;
    readonly kind: 'personal' | 'organization';
    readonly name: string;
    readonly role: 'viewer' | 'member' | 'admin' | 'owner';
    readonly status: 'active' | 'suspended';
  };
  readonly AdminUserPage: {
    readonly data: readonly Schemas['AdminUser'][];
    readonly next_cursor: string | null;
  };
  readonly AgreedChangePrice: {
    readonly unit_amount: number;
    readonly quantity: number;
    /** By ISO 4217, in lower case. */
    readonly currency: string;
    readonly due_now: number;
  };
  readonly AgreedOveragePrice: {
    readonly unit_micros: number;
    /** By ISO 4217, in lower case. */
    readonly currency: string;
  };
  readonly AgreedPluginPrice: {
    readonly amount: number;
    readonly currency: string;
  };
  readonly AgreedRecurringPrice: {
    readonly unit_amount: number;
    readonly quantity: number;
    /** By ISO 4217, in lower case. */
    readonly currency: string;
  };
  readonly AiSetting: {
    readonly name: string;
    readonly value: string;
  };
  readonly AnalyzeRequest: {
    readonly scope_id: string;
    /** The workspace; it must be the account that the call is for. */
    readonly workspace_id?: string | undefined;
  };
  readonly Anomaly: {
    readonly account_id: string;
    readonly metric: 'calls' | 'cost_micros' | 'memory_messages' | 'sessions';
    /** Of UTC. */
    readonly day: string;
    readonly value: number;
    /** Of the weeks before. */
    readonly median: number;
    /** Their median absolute deviation from it. */
    readonly mad: number;
    /** Robust z-score: 3.5 or more. */
    readonly z: number;
    /** The same weekday of up to eight weeks before, the newest first. */
    readonly weeks: readonly Schemas['DayValue'][];
    /** What the value is made of: up to ten, the largest first. */
    readonly rows: readonly Schemas['AnomalyRow'][];
  };
  readonly AnomalyPage: {
    readonly data: readonly Schemas['Anomaly'][];
    readonly next_cursor: string | null;
  };
  readonly AnomalyRow: {
    readonly user_id: string | null;
    /** Of calls and their cost: `gateway.chat`. */
    readonly feature: string | null;
    /** Of calls and their cost. */
    readonly model: string | null;
    /** Of messages: the session in memory. */
    readonly session_id: string | null;
    /** Of licence sessions. */
    readonly machine_id: string | null;
    readonly value: number;
  };
  readonly AnyWebhookDelivery: {
    readonly id: string;
    /** The `webhook-id` that it is sent under. */
    readonly event_id: string;
    readonly type: 'limit.alert' | 'operator_budget.closed' | 'payment.failed' | 'permit.denied' | 'plan.changed' | 'webhook.test';
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
    readonly webhook_id: string;
    readonly url: string;
  };
  readonly AnyWebhookDeliveryPage: {
    readonly data: readonly Schemas['AnyWebhookDelivery'][];
    readonly next_cursor: string | null;
  };
  readonly ApiKey: {
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
  };
  readonly ApiKeyPage: {
    readonly data: readonly Schemas['ApiKey'][];
    readonly next_cursor: string | null;
  };
  readonly AppStoreNotification: {
    readonly signedPayload: string;
  } & Readonly<Record<string, unknown>>;
  readonly AppStoreReceipt: {
    readonly received: true;
  };
  readonly ApplyTemplateRequest: {
    /** The workspace; it must be the account that the call is for. */
    readonly workspace_id?: string | undefined;
    readonly scope_id: string;
    readonly mode?: 'append' | 'replace' | 'by_title' | undefined;
  };
  readonly ApprovePluginRequest: {
    readonly version: string;
    readonly decision: 'approve';
    readonly notes?: string | undefined;
  };
  readonly Asset: {
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
  readonly AssetPage: {
    readonly data: readonly Schemas['Asset'][];
    readonly next_cursor: string | null;
  };
  readonly AuditActor: {
    readonly kind: 'user' | 'key' | 'system' | 'store';
    readonly id: string | null;
  };
  readonly AuditEntry: {
    readonly id: string;
    readonly created_at: string;
    readonly action: string;
    /** The person behind it, through a key too. */
    readonly user_id: string | null;
    readonly target: Schemas['AuditTarget'] | null;
    readonly actor: Schemas['AuditActor'];
    readonly changes: Readonly<Record<string, unknown>>;
    readonly ip: string | null;
    readonly user_agent: string | null;
    readonly request_id: string | null;
  };
  readonly AuditEntryPage: {
    readonly data: readonly Schemas['AuditEntry'][];
    readonly next_cursor: string | null;
  };
  readonly AuditTarget: {
    readonly kind: string;
    readonly id: string | null;
  };
  readonly BackupHistory: readonly Schemas['BackupMetadata'][];
  readonly BackupMetadata: {
    readonly id: string;
    /** As its client said it. */
    readonly version: number;
    /** When it was made, as its client said it: milliseconds since 1970. */
    readonly timestamp: number;
    /** SHA-256 of its bytes, in hex. */
    readonly checksum: string;
    readonly chunk_count: number;
    readonly size_bytes: number;
  };
  readonly BackupRequest: {
    readonly code: string;
  };
  readonly BackupStored: {
    readonly ok: true;
    readonly id: string;
  };
  readonly BeginWorkspaceRequest: {
    readonly name: string;
  };
  readonly BindPurchaseRequest: {
    /** StoreKit’s `jwsRepresentation`. */
    readonly signed_transaction?: string | undefined;
    /** Google Play’s `purchaseToken`. */
    readonly purchase_token?: string | undefined;
  };
  readonly BoundPurchase: {
    readonly store: 'stripe' | 'app_store' | 'google_play';
    /** `test`: from the store’s own sandbox, where purchases are free. */
    readonly mode: 'live' | 'test' | 'sandbox';
    readonly product: string | null;
    /** `product.plan`; null: an add-on. */
    readonly plan: string | null;
    readonly add_on: string | null;
    /** Of the subscription; `paid` for an add-on. null: it is read in a moment. */
    readonly state: string | null;
    /** The end of the present period; null: of an add-on. */
    readonly ends_at: string | null;
  };
  readonly BuyLicenseRequest: {
    /** `coditect.pro`, or `pro`. */
    readonly plan_id: string;
    readonly cycle?: 'monthly' | 'yearly' | undefined;
    /** The session’s id is put in place of {CHECKOUT_SESSION_ID}. */
    readonly success_url?: string | undefined;
    readonly cancel_url?: string | undefined;
  };
  readonly CallErrorCount: {
    /** As in the answers: `limit_exceeded`. */
    readonly code: string;
    readonly status: number;
    /** The call: `POST /v1/create`. */
    readonly route: string;
    /** How many calls. */
    readonly failed: number;
    readonly last_at: string;
    readonly last_request_id: string;
  };
  readonly CallErrorCountPage: {
    readonly data: readonly Schemas['CallErrorCount'][];
    readonly next_cursor: string | null;
  };
  readonly CallSteps: {
    /** null: another request’s, as of a job. */
    readonly authenticate: number | null;
    /** null: another request’s, as of a job. */
    readonly entitle: number | null;
    /** null: another request’s, as of a job. */
    readonly admit: number | null;
    /** null: another request’s, as of a job. */
    readonly run: number | null;
    /** null: another request’s, as of a job. */
    readonly settle: number | null;
  };
  readonly CanceledAnalysis: {
    readonly analysis_id: string;
    readonly scope_id: string;
    readonly status_url: string;
    readonly status: 'cancelled';
  };
  readonly CanceledExtraction: {
    readonly extraction_id: string;
    readonly scope_id: string;
    readonly status_url: string;
    readonly status: 'cancelled';
  };
  readonly CanceledGeneration: {
    readonly generation_id: string;
    readonly draft_id: string;
    readonly status: 'cancelled';
    readonly status_url: string;
  };
  readonly CanceledSubscription: {
    readonly ok: true;
    /** When it ends, or has ended. */
    readonly ends_at: string;
  };
  readonly ChangeContextDocument: {
    readonly level: 'private' | 'team' | 'organization';
    /** With the level `team` alone. */
    readonly team_id?: string | null | undefined;
  };
  readonly ChangeDecision: {
    readonly level?: 'private' | 'team' | 'organization' | undefined;
    /** With the level `team` alone. */
    readonly team_id?: string | null | undefined;
    readonly status?: 'proposed' | 'accepted' | undefined;
  };
  readonly ChangeEmailRequest: {
    readonly email: string;
    readonly password: string;
  };
  readonly ChangeLicenseRequest: {
    readonly seats?: number | null | undefined;
    readonly offline_minutes?: number | undefined;
  };
  readonly ChangeMemorySession: {
    readonly title?: string | null | undefined;
    readonly level?: 'private' | 'team' | 'organization' | undefined;
    /** With the level `team` alone. */
    readonly team_id?: string | null | undefined;
  };
  readonly ChangePasswordRequest: {
    readonly password: string;
    readonly new_password: string;
  };
  readonly ChangePattern: {
    /** Null: its own words. */
    readonly title?: string | null | undefined;
    readonly level?: 'private' | 'team' | 'organization' | undefined;
    /** With the level `team` alone. */
    readonly team_id?: string | null | undefined;
  };
  readonly ChangeSubscriptionRequest: {
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
    /** As the preview was. Another price now is 409 `price_changed` with it, and nothing is charged. */
    readonly agreed: Schemas['AgreedChangePrice'];
  };
  readonly ChangedPackageFile: {
    readonly path: string;
    readonly change: 'added' | 'changed' | 'removed';
  };
  readonly ChatChoice: Readonly<Record<string, unknown>>;
  readonly ChatCompletion: {
    readonly id: string;
    readonly object: string;
    readonly model: string;
    readonly choices: readonly Schemas['ChatChoice'][];
  } & Readonly<Record<string, unknown>>;
  readonly ChatCompletionRequest: {
    /** A model of `GET /v1/ai/models`, or an alias such as `small`. */
    readonly model: string;
    readonly messages: readonly Schemas['ChatMessage'][];
    readonly stream?: boolean | null | undefined;
    /** Without it, the reply is capped by what your budget of the day still buys; `x-plinth-max-tokens` says by how much. */
    readonly max_tokens?: number | null | undefined;
  } & Readonly<Record<string, unknown>>;
  readonly ChatContext: {
    readonly user_profile?: Readonly<Record<string, unknown>> | undefined;
    readonly relevant_documents?: readonly string[] | undefined;
    readonly recent_tasks?: readonly (Readonly<Record<string, unknown>>)[] | undefined;
    readonly conversation_history?: readonly (Readonly<Record<string, unknown>>)[] | undefined;
    readonly projects?: readonly (Readonly<Record<string, unknown>>)[] | undefined;
    readonly notes?: readonly (Readonly<Record<string, unknown>>)[] | undefined;
    readonly checkpoints?: readonly (Readonly<Record<string, unknown>>)[] | undefined;
    readonly comments?: readonly (Readonly<Record<string, unknown>>)[] | undefined;
  };
  readonly ChatMessage: {
    readonly role: string;
  } & Readonly<Record<string, unknown>>;
  readonly ChatRequest: {
    readonly message: string;
    readonly context?: Schemas['ChatContext'] | undefined;
    readonly execution_mode?: 'direct' | 'plan' | undefined;
  };
  readonly ChatResponse: {
    readonly response: string;
    readonly actions: readonly Schemas['PlanAction'][];
  };
  readonly ChatResult: Schemas['ChatResponse'] | Schemas['ExecutionPlan'];
  readonly CheckoutSession: {
    /** The provider’s page: send the customer there. */
    readonly checkout_url: string;
    readonly expires_at: string;
    /** Of the trial that the page offers; null: it is paid at once. */
    readonly trial_days: number | null;
  };
  readonly ChosenColours: {
    readonly primary: string;
    readonly accent: string;
  };
  readonly ChosenWorkspaceSettings: {
    readonly currency?: string | undefined;
    readonly language?: string | undefined;
  };
  readonly CloseUserRequest: {
    readonly password?: string | undefined;
  };
  readonly ClosedUser: {
    readonly status: 'closed';
    readonly restorable_until: string;
  };
  readonly Comment: {
    readonly id: string;
    readonly scope_id: string;
    /** null: on the scope, or its section was deleted. */
    readonly section_id: string | null;
    /** The comment that began the thread; null: this one did. */
    readonly thread_id: string | null;
    /** Who wrote it. */
    readonly user_id: string;
    /** null: it was deleted, and is shown because of its replies. */
    readonly body: string | null;
    readonly mentions: readonly string[];
    readonly edited_at: string | null;
    readonly resolved_at: string | null;
    readonly resolved_by: string | null;
    readonly reply_count: number;
    /** Counts its changes; its ETag. */
    readonly version: number;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly CommentPage: {
    readonly data: readonly Schemas['Comment'][];
    readonly next_cursor: string | null;
  };
  readonly CommentThread: {
    readonly id: string;
    readonly scope_id: string;
    /** null: on the scope, or its section was deleted. */
    readonly section_id: string | null;
    /** The comment that began the thread; null: this one did. */
    readonly thread_id: string | null;
    /** Who wrote it. */
    readonly user_id: string;
    /** null: it was deleted, and is shown because of its replies. */
    readonly body: string | null;
    readonly mentions: readonly string[];
    readonly edited_at: string | null;
    readonly resolved_at: string | null;
    readonly resolved_by: string | null;
    readonly reply_count: number;
    /** Counts its changes; its ETag. */
    readonly version: number;
    readonly created_at: string;
    readonly updated_at: string;
    /** The first 20; `GET /v1/comments/:id/replies` has all. */
    readonly replies: readonly Schemas['Comment'][];
  };
  readonly CommentThreadPage: {
    readonly data: readonly Schemas['CommentThread'][];
    readonly next_cursor: string | null;
  };
  readonly ComplianceEntry: {
    readonly id: string;
    readonly at: string;
    readonly action: 'account.closed' | 'account.erased' | 'account.restored' | 'audit.exported' | 'export.asked' | 'export.downloaded' | 'export.ready' | 'privacy.settings_changed' | 'user.closed' | 'user.erased' | 'user.restored' | 'privacy.released';
    readonly account_id: string | null;
    /** Who did it; null: the server, or somebody who is erased. */
    readonly user_id: string | null;
    readonly target: Schemas['ComplianceTarget'] | null;
    /** Of an erasure: its proof. */
    readonly erased: readonly Schemas['ErasedRows'][] | null;
  };
  readonly ComplianceEntryPage: {
    readonly data: readonly Schemas['ComplianceEntry'][];
    readonly next_cursor: string | null;
  };
  readonly ComplianceTarget: {
    readonly kind: string;
    readonly id: string | null;
  };
  readonly ConfirmTotpRequest: {
    readonly code: string;
  };
  readonly Consents: {
    /** Feelings and themes are drawn out of what you write; Spectrum shows them. */
    readonly insights: boolean;
    /** What you write may be used for research, without your name. */
    readonly research: boolean;
    /** You receive news. */
    readonly news: boolean;
  };
  readonly ContextDiffLine: {
    readonly op: 'same' | 'added' | 'removed';
    readonly text: string;
  };
  readonly ContextDocument: {
    readonly id: string;
    readonly author_id: string;
    readonly kind: 'business' | 'technical';
    readonly name: string;
    /** Who may read it: its author, a team, or all members of the organization. */
    readonly level: 'private' | 'team' | 'organization';
    readonly team_id: string | null;
    /** Of the text that is shown. */
    readonly version: number;
    readonly current_version: number;
    /** Of the text, by o200k_base. */
    readonly tokens: number;
    readonly created_at: string;
    readonly updated_at: string;
    readonly text: string;
  };
  readonly ContextDocumentDiff: {
    readonly from: number;
    readonly to: number;
    readonly lines: readonly Schemas['ContextDiffLine'][];
    readonly lines_left_out: number;
  };
  readonly ContextDocumentSummary: {
    readonly id: string;
    readonly author_id: string;
    readonly kind: 'business' | 'technical';
    readonly name: string;
    /** Who may read it: its author, a team, or all members of the organization. */
    readonly level: 'private' | 'team' | 'organization';
    readonly team_id: string | null;
    /** Of the text that is shown. */
    readonly version: number;
    readonly current_version: number;
    /** Of the text, by o200k_base. */
    readonly tokens: number;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly ContextDocumentVersion: {
    readonly version: number;
    /** Bytes of UTF-8. */
    readonly size: number;
    readonly tokens: number;
    readonly created_at: string;
  };
  readonly ContextDocumentVersionPage: {
    readonly data: readonly Schemas['ContextDocumentVersion'][];
    readonly next_cursor: string | null;
  };
  readonly CostEstimate: {
    readonly cost_micros: number;
  };
  readonly CreateApiKeyRequest: {
    readonly name: string;
    readonly scopes: readonly string[];
    readonly expires_at?: string | undefined;
    readonly monthly_budget_micros?: number | undefined;
  };
  readonly CreateCheckoutSessionRequest: {
    /** Needed unless `tier` is there. */
    readonly product?: string | undefined;
    /** A plan of the product whose plans are tiers (`GET /v1/me`), in place of product and plan. */
    readonly tier?: string | undefined;
    /** `product.plan`, or its name within the product. */
    readonly plan?: string | undefined;
    readonly add_on?: string | undefined;
    readonly cycle?: 'monthly' | 'yearly' | undefined;
    /** Seats of a plan that is sold by the seat, or add-ons. */
    readonly quantity?: number | undefined;
    /** One that it is sold in. Not said: that in which the account pays already, or the product’s. */
    readonly currency?: string | undefined;
    /** A page of yours; Stripe puts the session’s id in place of {CHECKOUT_SESSION_ID}. Not said: a page of this server, which sends people back to their app. */
    readonly success_url?: string | undefined;
    /** Not said: a page of this server, which sends people back to their app. */
    readonly cancel_url?: string | undefined;
    /** As it is advertised. Without one the page asks. */
    readonly promotion_code?: string | undefined;
  };
  readonly CreateDecision: {
    /** Your own name for it; it is not sealed. */
    readonly client_id: string;
    readonly title: string;
    /** What made it necessary. At most 64 KiB of UTF-8, as each text. */
    readonly context: string;
    /** What was decided, and why. */
    readonly rationale: string;
    readonly consequences?: string | null | undefined;
    readonly status?: 'proposed' | 'accepted' | undefined;
    /** Null: now. */
    readonly decided_at?: string | null | undefined;
    readonly level?: 'private' | 'team' | 'organization' | undefined;
    /** With the level `team` alone. */
    readonly team_id?: string | null | undefined;
  };
  readonly CreateGenerationRequest: {
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
  readonly CreateGrantRequest: {
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
  readonly CreateInvitationRequest: {
    readonly email: string;
    readonly role: 'viewer' | 'member' | 'admin' | 'owner';
  };
  readonly CreateMemorySession: {
    /** Your own name for it; it is not sealed. */
    readonly client_id: string;
    readonly title?: string | null | undefined;
    readonly level?: 'private' | 'team' | 'organization' | undefined;
    /** With the level `team` alone. */
    readonly team_id?: string | null | undefined;
    readonly started_at?: string | null | undefined;
  };
  readonly CreateOrganizationRequest: {
    readonly name: string;
  };
  readonly CreatePermitRequest: {
    readonly product: string;
    /** One that its product opens to backends outside. */
    readonly feature: string;
    /** What a limit by subject counts by: an id of yours, and no text of a user’s. */
    readonly subject?: string | undefined;
    readonly units?: number | undefined;
    /** The most that the call may cost: reserved from the budgets. Without it, what the feature reserves. */
    readonly estimate?: Schemas['ModelEstimate'] | Schemas['CostEstimate'] | undefined;
    /** After so many seconds it expires, and its place is free. Never longer than the feature allows. */
    readonly ttl_seconds?: number | undefined;
  };
  readonly CreatePortalSessionRequest: {
    /** A page of yours; Stripe puts the session’s id in place of {CHECKOUT_SESSION_ID}. */
    readonly return_url: string;
  };
  readonly CreateProjectRequest: {
    /** The workspace; it must be the account that the call is for. */
    readonly workspace_id?: string | undefined;
    readonly name: string;
    readonly client_name?: string | null | undefined;
  };
  readonly CreateScopeRequest: {
    /** The workspace; it must be the account that the call is for. */
    readonly workspace_id?: string | undefined;
    readonly title: string;
    readonly client_name?: string | null | undefined;
    readonly project_id?: string | null | undefined;
    readonly summary?: string | undefined;
    /** By ISO 4217; when not said, that of the workspace’s settings, else USD. */
    readonly currency?: string | undefined;
  };
  readonly CreateSectionRequest: {
    readonly type: 'overview' | 'objectives' | 'deliverables' | 'timeline' | 'budget' | 'assumptions' | 'exclusions' | 'risks' | 'acceptance' | 'other';
    readonly title: string;
    /** Markdown. */
    readonly content?: string | undefined;
    /** Right after this section; null: to the beginning. */
    readonly after?: string | null | undefined;
    /** Right before this section; null: to the end. */
    readonly before?: string | null | undefined;
  };
  readonly CreateTeamRequest: {
    readonly name: string;
  };
  readonly CreateTemplateRequest: {
    /** The workspace; it must be the account that the call is for. */
    readonly workspace_id?: string | undefined;
    readonly name: string;
    readonly description?: string | null | undefined;
    readonly sections: readonly Schemas['NewTemplateSection'][];
  };
  readonly CreateWebhookRequest: {
    /** https:// and an address of the public Internet. */
    readonly url: string;
    /** All when not said. */
    readonly types?: readonly ('limit.alert' | 'operator_budget.closed' | 'payment.failed' | 'permit.denied' | 'plan.changed')[] | undefined;
    readonly description?: string | undefined;
  };
  readonly CreateWorkspaceRequest: {
    readonly name: string;
  };
  readonly CreditGrant: {
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
  readonly CrisisReply: {
    readonly safety: Schemas['Safety'];
    readonly support: Schemas['SafetySupport'] | null;
  };
  readonly Customer: {
    readonly account_id: string;
    /** What of it the text names: `account`, `user`, `email`, `name`, `key`, `request`, `permit`, `store` (an id of a payment provider), or what a product finds accounts by, such as `license`. */
    readonly found_by: string;
    readonly kind: 'personal' | 'organization';
    readonly name: string;
    readonly status: 'active' | 'suspended';
    readonly owner_id: string | null;
    readonly owner_email: string | null;
    readonly members: number;
    readonly plans: readonly Schemas['CustomerPlan'][];
    /** Of the last 30 days, by currency; a cost is in the one in which it last bought. */
    readonly money: readonly Schemas['CustomerMoney'][];
    /** Of the last 30 days, as the two that follow. */
    readonly calls: number;
    /** What the model providers may bill. */
    readonly cost_micros: number;
    /** What of it counted against budgets. */
    readonly charged_micros: number;
    /** Calls that limits denied in the last seven days. */
    readonly denied: number;
    readonly last_call_at: string | null;
    readonly created_at: string;
  };
  readonly CustomerDetails: {
    readonly customer: Schemas['Customer'];
    readonly people: readonly Schemas['CustomerPerson'][];
    readonly payments: readonly Schemas['CustomerPayment'][];
    readonly limits: readonly Schemas['LimitUsage'][];
    readonly calls: readonly Schemas['UsageEvent'][];
  };
  readonly CustomerMoney: {
    readonly currency: string;
    /** What was paid, taxes included, less what went back. */
    readonly paid_minor: number;
    /** The same less fees and taxes. */
    readonly net_minor: number;
    /** What its subscriptions bring in a month, as of now. */
    readonly mrr_minor: number;
    /** What its model calls cost; null: no exchange rate is known. */
    readonly cost_minor: number | null;
    /** net − cost */
    readonly margin_minor: number | null;
  };
  readonly CustomerPage: {
    readonly data: readonly Schemas['Customer'][];
    readonly next_cursor: string | null;
  };
  readonly CustomerPayment: {
    readonly store: 'stripe' | 'app_store' | 'google_play';
    readonly mode: 'live' | 'test' | 'sandbox';
    /** Its id at the provider. */
    readonly payment: string;
    readonly invoice: string | null;
    readonly state: 'pending' | 'succeeded' | 'failed';
    readonly failure_code: string | null;
    /** In minor units. */
    readonly amount_minor: number;
    readonly currency: string;
    /** In minor units. */
    readonly refunded_minor: number;
    readonly occurred_at: string;
    /** Where it can be refunded; null: at no page of Stripe’s. */
    readonly dashboard_url: string | null;
  };
  readonly CustomerPerson: {
    readonly user_id: string;
    readonly email: string;
    readonly role: 'viewer' | 'member' | 'admin' | 'owner';
    readonly status: 'active' | 'suspended' | 'closed';
    /** Whether an authenticator app or a passkey is asked for at its sign-in. */
    readonly second_factor: boolean;
  };
  readonly CustomerPlan: {
    readonly product: string;
    readonly plan: string;
    readonly source: string;
  };
  readonly DataExport: {
    readonly id: string;
    /** The organization that it is of; null: of yourself. */
    readonly organization_id: string | null;
    readonly status: 'waiting' | 'ready' | 'failed';
    readonly bytes: number | null;
    /** Until when it can be downloaded; null while it is made. */
    readonly expires_at: string | null;
    readonly created_at: string;
  };
  readonly DataExportPage: {
    readonly data: readonly Schemas['DataExport'][];
    readonly next_cursor: string | null;
  };
  readonly DayValue: {
    readonly day: string;
    readonly value: number;
  };
  readonly DeactivateLicenseRequest: {
    /** As it is on the key: case, hyphens and blanks don’t matter, nor I for 1, L for 1, O for 0. */
    readonly license_key: string;
    /** What the machine is recognised by: at least 10 characters. */
    readonly hardware_id?: string | undefined;
    /** What the machine is recognised by: at least 10 characters. */
    readonly machine_id?: string | undefined;
  };
  readonly DeadInboxObject: {
    readonly store: 'stripe' | 'app_store' | 'google_play';
    readonly mode: 'live' | 'test' | 'sandbox';
    readonly kind: 'customer' | 'subscription' | 'invoice' | 'payment' | 'checkout';
    readonly object_id: string;
  };
  readonly DeadInboxTask: {
    readonly store: 'stripe' | 'app_store' | 'google_play';
    readonly mode: 'live' | 'test' | 'sandbox';
    readonly kind: 'customer' | 'subscription' | 'invoice' | 'payment' | 'checkout';
    readonly object_id: string;
    /** The code of the last failure. */
    readonly error: string;
    readonly attempts: number;
    /** When the first event about it came. */
    readonly hinted_at: string;
    /** null: it is still asked for. */
    readonly given_up_at: string | null;
  };
  readonly DeadInboxTaskPage: {
    readonly data: readonly Schemas['DeadInboxTask'][];
    readonly next_cursor: string | null;
  };
  readonly Decision: {
    readonly id: string;
    /** Your own name for it. */
    readonly client_id: string;
    readonly author_id: string;
    /** Who may read it: its author, a team, or all members of the organization. */
    readonly level: 'private' | 'team' | 'organization';
    readonly team_id: string | null;
    readonly status: 'proposed' | 'accepted' | 'superseded';
    /** Null too where you may not read that decision, or it was deleted. */
    readonly superseded_by: string | null;
    readonly title: string;
    readonly decided_at: string;
    /** Of the texts that are shown. */
    readonly version: number;
    /** The newest: the one that If-Match names. */
    readonly current_version: number;
    readonly created_at: string;
    readonly updated_at: string;
    readonly context: string;
    readonly rationale: string;
    readonly consequences: string | null;
    readonly supersedes: readonly string[];
    /** Those whose target you may read. */
    readonly links: readonly Schemas['DecisionLink'][];
  };
  readonly DecisionLink: {
    readonly id: string;
    readonly type: 'relates_to' | 'drawn_from' | 'implements';
    /** Of a message: the session that it is of. */
    readonly session_id: string | null;
    readonly message_id: string | null;
    readonly decision_id: string | null;
    readonly path: string | null;
    /** Of a message: where in its text, in UTF-16 units. Null: all of it. */
    readonly span: readonly unknown[] | null;
    readonly created_at: string;
  };
  readonly DecisionSummary: {
    readonly id: string;
    /** Your own name for it. */
    readonly client_id: string;
    readonly author_id: string;
    /** Who may read it: its author, a team, or all members of the organization. */
    readonly level: 'private' | 'team' | 'organization';
    readonly team_id: string | null;
    readonly status: 'proposed' | 'accepted' | 'superseded';
    /** Null too where you may not read that decision, or it was deleted. */
    readonly superseded_by: string | null;
    readonly title: string;
    readonly decided_at: string;
    /** Of the texts that are shown. */
    readonly version: number;
    /** The newest: the one that If-Match names. */
    readonly current_version: number;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly DecisionSummaryPage: {
    readonly data: readonly Schemas['DecisionSummary'][];
    readonly next_cursor: string | null;
  };
  readonly DeletedData: {
    readonly status: 'closed';
    readonly restorable_until: string;
  };
  readonly DeletedVector: {
    /** Yours to choose, and read by the server: nothing that says anything. */
    readonly id: string;
    readonly if_revision: number;
  };
  readonly DeletedWorkspace: {
    readonly id: string;
    readonly restorable_until: string | null;
  };
  readonly DeliveryReplay: {
    readonly deliveries: number;
    /** Where to go on; null: that was all. */
    readonly next_since: string | null;
  };
  readonly DenialCount: {
    readonly account_id: string;
    /** The hour in which the calls were denied, by its first instant. */
    readonly hour: string;
    readonly product: string;
    readonly feature: string;
    readonly limit: string;
    readonly kind: string;
    readonly plan: string;
    /** How many calls. */
    readonly denied: number;
    /** What was used of the limit at the last of them. */
    readonly used: number;
    readonly max: number;
    readonly last_at: string;
    readonly last_request_id: string;
  };
  readonly DenialCountPage: {
    readonly data: readonly Schemas['DenialCount'][];
    readonly next_cursor: string | null;
  };
  readonly DenialSum: {
    /** null: grouped by limit, it is of `accounts` accounts. */
    readonly account_id: string | null;
    readonly account_name: string | null;
    readonly accounts: number;
    readonly product: string;
    readonly limit: string;
    readonly kind: string;
    readonly plan: string;
    readonly denied: number;
    /** How many hours had any: a burst has one, a plan that is too small has many. */
    readonly hours: number;
    /** The size of the limit at the last of them. */
    readonly max: number;
    readonly last_at: string;
    readonly last_request_id: string;
  };
  readonly DenialSumPage: {
    readonly data: readonly Schemas['DenialSum'][];
    readonly next_cursor: string | null;
  };
  readonly DeveloperKey: {
    readonly id: string;
    readonly name: string;
    /** PEM. */
    readonly public_key: string;
    readonly revoked_at: string | null;
    readonly created_at: string;
  };
  readonly DeveloperKeyList: {
    readonly data: readonly Schemas['DeveloperKey'][];
  };
  readonly DeveloperPayout: {
    readonly id: string;
    /** A calendar month of UTC. */
    readonly period: string;
    /** By ISO 4217, in lower case. */
    readonly currency: string;
    /** Minor units. */
    readonly amount: number;
    /** `refused`: it is owed as before. */
    readonly state: 'open' | 'paid' | 'refused';
    readonly created_at: string;
  };
  readonly DeveloperPlugin: {
    readonly id: string;
    readonly name: string;
    readonly category: string;
    /** Minor units, before tax; 0: it is free. */
    readonly price_cents: number;
    readonly currency: string;
    /** Accounts that have ever installed it. */
    readonly installs: number;
    readonly published_at: string | null;
    readonly state: 'draft' | 'offered' | 'withdrawn' | 'removed';
    /** false: it is paid, and you can’t be paid yet. It is not offered. */
    readonly is_payable: boolean;
    /** That is published; null: none yet. */
    readonly version: string | null;
    readonly ratings: number;
    /** Of all ratings together. */
    readonly stars: number;
    readonly removed_because: string | null;
    readonly created_at: string;
  };
  readonly DeveloperPluginDetails: {
    readonly id: string;
    readonly name: string;
    readonly category: string;
    /** Minor units, before tax; 0: it is free. */
    readonly price_cents: number;
    readonly currency: string;
    /** Accounts that have ever installed it. */
    readonly installs: number;
    readonly published_at: string | null;
    readonly state: 'draft' | 'offered' | 'withdrawn' | 'removed';
    /** false: it is paid, and you can’t be paid yet. It is not offered. */
    readonly is_payable: boolean;
    /** That is published; null: none yet. */
    readonly version: string | null;
    readonly ratings: number;
    /** Of all ratings together. */
    readonly stars: number;
    readonly removed_because: string | null;
    readonly created_at: string;
    /** The highest first; the last 100. */
    readonly versions: readonly Schemas['DeveloperPluginVersion'][];
  };
  readonly DeveloperPluginPage: {
    readonly data: readonly Schemas['DeveloperPlugin'][];
    readonly next_cursor: string | null;
  };
  readonly DeveloperPluginVersion: {
    readonly version: string;
    readonly state: 'pending_upload' | 'pending_review' | 'approved' | 'rejected' | 'withdrawn' | 'removed';
    readonly sha256: string;
    readonly bytes: number;
    readonly permissions: readonly string[];
    readonly price_cents: number;
    readonly key_id: string | null;
    /** A hard check failed. */
    readonly is_blocked: boolean;
    /** null: not checked yet. */
    readonly checklist: readonly Schemas['PackageCheck'][] | null;
    /** Of the review. */
    readonly notes: string | null;
    readonly submitted_at: string | null;
    readonly reviewed_at: string | null;
    readonly created_at: string;
  };
  readonly DiffLine: {
    readonly op: 'same' | 'added' | 'removed';
    readonly text: string;
  };
  readonly DnsRecord: {
    readonly type: 'TXT';
    readonly name: string;
    readonly value: string;
  };
  readonly Document: {
    readonly id: string;
    /** `pending` until a worker begins to read it; `uploaded_at` says whether its file is there. */
    readonly status: 'pending' | 'processing' | 'completed' | 'failed';
    /** Why it could not be read; `code` is stable (docs/orbit.md). */
    readonly failure: Schemas['DocumentFailure'] | null;
    /** null until it is read. */
    readonly pages: number | null;
    /** How many of them OCR has read. */
    readonly ocr_pages: number;
    /** How many of them OCR is reading now. */
    readonly ocr_pages_left: number;
    /** Pages whose text is not there, and what is not read on others. `page_damaged`: the page is broken; `ocr_pages_used_up`: the plan’s pages of OCR are used up for this month; `ocr_page_limit`: OCR reads no more pages of one document; `ocr_failed`: OCR could not read the page; `picture`: a picture on the page is not read; `pictures_unknown`: whether the page has pictures is not known: the document has too much to unpack; `chart`: a chart on the page is not read; `embedded_object`: an embedded file or a control on the page is not read; `comment`: a comment on the page is not read; `annotation`: a mark, stamp or field on the page has no text that can be read; `text_order`: text on the page runs from right to left, and its order is not certain. */
    readonly missing: readonly Schemas['MissingPage'][];
    readonly updated_at: string;
    readonly scope_id: string | null;
    readonly project_id: string | null;
    readonly name: string;
    readonly type: 'application/pdf' | 'application/vnd.openxmlformats-officedocument.wordprocessingml.document' | 'text/markdown' | 'text/plain' | 'text/html' | 'image/png' | 'image/jpeg';
    readonly bytes: number;
    readonly sha256: string;
    readonly uploaded_at: string | null;
    /** Whether there is a file to download. */
    readonly has_file: boolean;
    readonly created_by: string;
    readonly created_at: string;
  };
  readonly DocumentFailure: {
    readonly code: string;
    readonly message: string;
    readonly detail: string;
  };
  readonly DocumentPage: {
    readonly data: readonly Schemas['Document'][];
    readonly next_cursor: string | null;
  };
  readonly DocumentStatus: {
    readonly id: string;
    /** `pending` until a worker begins to read it; `uploaded_at` says whether its file is there. */
    readonly status: 'pending' | 'processing' | 'completed' | 'failed';
    /** Why it could not be read; `code` is stable (docs/orbit.md). */
    readonly failure: Schemas['DocumentFailure'] | null;
    /** null until it is read. */
    readonly pages: number | null;
    /** How many of them OCR has read. */
    readonly ocr_pages: number;
    /** How many of them OCR is reading now. */
    readonly ocr_pages_left: number;
    /** Pages whose text is not there, and what is not read on others. `page_damaged`: the page is broken; `ocr_pages_used_up`: the plan’s pages of OCR are used up for this month; `ocr_page_limit`: OCR reads no more pages of one document; `ocr_failed`: OCR could not read the page; `picture`: a picture on the page is not read; `pictures_unknown`: whether the page has pictures is not known: the document has too much to unpack; `chart`: a chart on the page is not read; `embedded_object`: an embedded file or a control on the page is not read; `comment`: a comment on the page is not read; `annotation`: a mark, stamp or field on the page has no text that can be read; `text_order`: text on the page runs from right to left, and its order is not certain. */
    readonly missing: readonly Schemas['MissingPage'][];
    readonly updated_at: string;
  };
  readonly DocumentText: {
    readonly page: number;
    /** Markdown: headings and tables where the file has them. */
    readonly text: string;
    readonly by_ocr: boolean;
    /** How surely the page was read, 0 to 1. Look at pages below 0.6: a bad scan, or a text that is garbled. */
    readonly confidence: number;
  };
  readonly DocumentTextPage: {
    readonly data: readonly Schemas['DocumentText'][];
    readonly next_cursor: string | null;
  };
  readonly Draft: {
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
    readonly variants: readonly Schemas['DraftVariant'][];
  };
  readonly DraftSummary: {
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
  };
  readonly DraftSummaryPage: {
    readonly data: readonly Schemas['DraftSummary'][];
    readonly next_cursor: string | null;
  };
  readonly DraftVariant: {
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
  };
  readonly DuplicateScopeRequest: {
    /** As that of the scope when not said. */
    readonly title?: string | undefined;
  };
  readonly Earnings: {
    /** A calendar month of UTC. */
    readonly period: string;
    readonly balances: readonly Schemas['EarningsBalance'][];
    readonly items: readonly Schemas['ItemEarnings'][];
    /** The newest 24. */
    readonly payouts: readonly Schemas['DeveloperPayout'][];
  };
  readonly EarningsBalance: {
    /** By ISO 4217, in lower case. */
    readonly currency: string;
    /** Not paid out yet, minor units; below zero: the account owes it. */
    readonly owed: number;
    /** What of it is payable by now. */
    readonly payable: number;
    /** Paid out in all, less what was taken back of it. */
    readonly sent: number;
  };
  readonly EditingRequest: {
    readonly section_id: string | null;
  };
  readonly EmailChange: {
    readonly status: 'verification_sent';
    readonly email: string;
  };
  readonly EmailVerification: {
    readonly status: 'verified';
  };
  readonly Entitlement: {
    readonly product: string;
    readonly name: string;
    /** `product.plan`; null: none. */
    readonly plan: string | null;
    readonly plan_name: string | null;
    /** Where the plan comes from. */
    readonly source: 'admin' | 'owner' | 'import' | 'stripe' | 'app_store' | 'google_play' | 'default' | null;
    readonly add_ons: readonly Schemas['EntitlementAddOn'][];
    /** The subscriptions in effect that a payment provider bills; both, where two are paid for one product. The best plan is in effect. */
    readonly paid: readonly Schemas['EntitlementSource'][];
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
  };
  readonly EntitlementAddOn: {
    readonly id: string;
    readonly expires_at: string | null;
  };
  readonly EntitlementList: {
    readonly data: readonly Schemas['Entitlement'][];
  };
  readonly EntitlementSource: {
    readonly source: 'stripe' | 'app_store' | 'google_play';
    readonly id: string;
    readonly until: string | null;
  };
  readonly EntitlementToken: {
    readonly token: string;
    /** Unix seconds. */
    readonly expires_at: number;
  };
  readonly ErasedRows: {
    readonly table: string;
    readonly of: 'account' | 'user';
    /** Deleted, deleted with another table’s, or emptied of what names them. */
    readonly rule: 'erase' | 'follow' | 'unlink';
    readonly before: number;
    /** Rows that still were theirs when it was done. */
    readonly after: number;
  };
  readonly ExchangeCodeRequest: {
    readonly code: string;
    readonly code_verifier: string;
    /** What you call this device in the list of your sessions. */
    readonly device_name?: string | undefined;
  };
  readonly ExchangeRate: {
    readonly date: string;
    readonly usd_per_eur: string;
    readonly currency_per_eur: string;
  };
  readonly ExchangeRateSource: {
    readonly source: string;
    readonly newest: string;
  };
  readonly ExecutionPlan: {
    readonly agent: 'task_agent' | 'project_agent' | 'note_agent' | 'checkpoint_agent';
    readonly steps: readonly Schemas['PlanStep'][];
  };
  readonly ExportError: {
    readonly code: string;
    readonly message: string;
  };
  readonly ExportMemorySession: {
    readonly format?: 'json' | 'markdown' | undefined;
  };
  readonly ExportScopeRequest: {
    /** The workspace; it must be the account that the call is for. */
    readonly workspace_id?: string | undefined;
    readonly format: 'pdf' | 'docx' | 'markdown';
    /** Whether the documents and passages that sections come from are listed at the end, and open conflicts are shown with the documents that they name. */
    readonly citations?: boolean | undefined;
  };
  readonly ExtendLicenseRequest: {
    readonly until?: string | undefined;
    readonly days?: number | undefined;
  };
  readonly ExtendPermitRequest: {
    /** From now; a permit never ends sooner for it. */
    readonly ttl_seconds?: number | undefined;
    /** What it may cost in all; a reserve never shrinks. */
    readonly cost_micros?: number | undefined;
  };
  readonly ExtendSubscriptionRequest: {
    /** Of a user, whose default account is meant. */
    readonly email?: string | undefined;
    readonly account_id?: string | undefined;
    readonly store: 'app_store' | 'google_play';
    readonly product: string;
    readonly until: string;
    readonly reason?: 'customer_satisfaction' | 'outage' | 'other' | undefined;
  };
  readonly ExtendedPermit: {
    readonly permit_id: string;
    readonly expires_at: string;
    readonly reserve_micros: number;
  };
  readonly ExtractPatterns: {
    /** Sessions that you may read. None: your own. */
    readonly session_ids?: readonly string[] | undefined;
  };
  readonly ExtractRequest: {
    readonly scope_id: string;
    readonly document_ids: readonly string[];
    /** The workspace; it must be the account that the call is for. */
    readonly workspace_id?: string | undefined;
  };
  readonly Extraction: {
    readonly id: string;
    readonly scope_id: string;
    /** Of the scope when it was asked for. */
    readonly scope_version: number;
    /** Of the scope with its sections. */
    readonly result_version: number | null;
    readonly document_ids: readonly string[];
    /** Whether it goes on where an earlier one of the same documents stopped. */
    readonly continues: boolean;
    readonly status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
    /** Parts of the documents that are read, of how many. */
    readonly progress: Schemas['ExtractionProgress'];
    /** The sections that were added. */
    readonly section_ids: readonly string[];
    /** What the documents say, each thing once. */
    readonly items: number;
    readonly conflicts: readonly Schemas['ExtractionConflict'][];
    readonly confidence: number | null;
    /** What was not read. */
    readonly missing: readonly Schemas['ExtractionMissing'][];
    /** Why it failed; its call was given back. */
    readonly error?: Schemas['ExtractionError'];
    readonly request_id: string;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly ExtractionConflict: {
    readonly kind: 'money' | 'date';
    /** The section that shows it. */
    readonly type: 'overview' | 'objectives' | 'deliverables' | 'timeline' | 'budget' | 'assumptions' | 'exclusions' | 'risks' | 'acceptance' | 'other';
    readonly subject: string;
    /** What the documents say, each with its place. None is chosen, and nothing is averaged. */
    readonly values: readonly Schemas['ExtractionConflictValue'][];
  };
  readonly ExtractionConflictValue: {
    readonly text: string;
    readonly citations: readonly Schemas['OrbitCitation'][];
  };
  readonly ExtractionError: {
    readonly code: string;
    readonly message: string;
  };
  readonly ExtractionMissing: {
    readonly document_id: string;
    readonly from_page: number;
    readonly to_page: number;
    /** `budget`: the day’s is used up; `size` and `time`: one extraction reads no more; `unusable` and `provider`: the model failed; `too_large`: larger or more costly than a call to the model may be, in small parts too; `privacy`: the workspace sends nothing to models any more. Ask again with the same documents to go on. */
    readonly reason: 'budget' | 'size' | 'time' | 'unusable' | 'too_large' | 'provider' | 'privacy';
  };
  readonly ExtractionPage: {
    readonly data: readonly Schemas['Extraction'][];
    readonly next_cursor: string | null;
  };
  readonly ExtractionProgress: {
    readonly done: number;
    readonly total: number | null;
  };
  readonly FavouriteScope: {
    readonly scope_id: string;
    readonly title: string;
    readonly client_name: string | null;
    readonly status: 'draft' | 'in_review' | 'approved' | 'sent' | 'archived';
    /** When you marked it. */
    readonly created_at: string;
  };
  readonly FavouriteScopePage: {
    readonly data: readonly Schemas['FavouriteScope'][];
    readonly next_cursor: string | null;
  };
  readonly FieldDiff: {
    readonly field: 'title' | 'client_name' | 'status' | 'summary' | 'currency' | 'project_id' | 'type';
    readonly before: string | null;
    readonly after: string | null;
  };
  readonly FileMerge: {
    readonly id: string;
    readonly source_id: string;
    readonly target_id: string;
    readonly author_id: string | null;
    readonly created_at: string;
  };
  readonly Finding: {
    readonly name: string;
    readonly status: 'ok' | 'warning' | 'failed';
    readonly says: string;
  };
  readonly Findings: {
    readonly data: readonly Schemas['Finding'][];
  };
  readonly FirebaseSignInRequest: {
    readonly id_token: string;
    /** What you call this device in the list of your sessions. */
    readonly device_name?: string | undefined;
  };
  readonly ForgotPasswordRequest: {
    readonly email: string;
  };
  readonly Generation: {
    readonly id: string;
    readonly draft_id: string;
    readonly platform: 'tiktok' | 'instagram' | 'youtube' | 'x' | 'linkedin';
    /** What asked for it: a create, or a regeneration of one part or of the whole. */
    readonly mode: 'create' | 'targeted' | 'full';
    /** The part that is written anew. */
    readonly target?: 'hook' | 'body' | 'cta' | 'hashtags';
    readonly status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
    /** How many variants are there, of how many that were asked for. */
    readonly progress: Schemas['GenerationProgress'];
    /** Each is here as soon as it is written. */
    readonly variants: readonly Schemas['GenerationVariant'][];
    /** Why it failed; the quota was given back. */
    readonly error?: Schemas['GenerationError'];
    /** Of the request that asked for it; it is on its usage events and log lines too. */
    readonly request_id: string;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly GenerationError: {
    readonly code: string;
    readonly message: string;
  };
  readonly GenerationProgress: {
    readonly done: number;
    readonly total: number;
  };
  readonly GenerationVariant: {
    readonly id: string;
    readonly hook: string;
    readonly body: string;
    readonly cta: string;
    readonly hashtags: readonly string[];
    /** Longer than its platform takes. */
    readonly over_length: boolean;
  };
  readonly Goal: {
    readonly id: string;
    readonly title: string;
    readonly why: string | null;
    readonly target_date: string | null;
    readonly status: 'active' | 'paused' | 'achieved' | 'dropped';
    /** Counts your changes; the ETag of the goal. */
    readonly version: number;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly GoalDetail: {
    readonly id: string;
    readonly title: string;
    readonly why: string | null;
    readonly target_date: string | null;
    readonly status: 'active' | 'paused' | 'achieved' | 'dropped';
    /** Counts your changes; the ETag of the goal. */
    readonly version: number;
    readonly created_at: string;
    readonly updated_at: string;
    readonly actions: readonly Schemas['Action'][];
    readonly streak: Schemas['Streak'];
  };
  readonly GoalPage: {
    readonly data: readonly Schemas['Goal'][];
    readonly next_cursor: string | null;
  };
  readonly GooglePlayPush: {
    readonly message: Schemas['PubSubMessage'];
    readonly subscription: string;
  } & Readonly<Record<string, unknown>>;
  readonly GooglePlayReceipt: {
    readonly received: true;
  };
  readonly GoogleSignInRequest: {
    readonly code: string;
    readonly code_verifier: string;
    readonly redirect_uri: string;
    readonly nonce?: string | undefined;
    /** What you call this device in the list of your sessions. */
    readonly device_name?: string | undefined;
  };
  readonly Grant: {
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
  readonly GrantCreditsRequest: {
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
  readonly GrantPage: {
    readonly data: readonly Schemas['Grant'][];
    readonly next_cursor: string | null;
  };
  readonly GraphEdge: {
    readonly type: 'mentions' | 'drawn_from' | 'relates_to' | 'implements' | 'supersedes' | 'same_as';
    readonly source_id: string;
    readonly target_id: string;
    /** Where it was drawn from: one message of possibly several. */
    readonly message_id: string | null;
    /** Of `mentions`: where the name stands in the text, in UTF-16 units. */
    readonly span: readonly unknown[] | null;
    /** Of `same_as`. */
    readonly merge_id: string | null;
    /** Of `same_as`: who merged the names. */
    readonly author_id: string | null;
    /** Of `same_as`. */
    readonly created_at: string | null;
  };
  readonly GraphNode: {
    /** Of a file: made from its normalised name. */
    readonly id: string;
    readonly kind: 'session' | 'decision' | 'pattern' | 'file';
    /** A title, or the normalised name of a file. Null of what has no title. */
    readonly name: string | null;
    /** How many edges away from the start. Null in a path. */
    readonly depth: number | null;
  };
  readonly Helpline: {
    readonly name: string;
    readonly phone: string | null;
    readonly text: string | null;
    readonly url: string | null;
    readonly hours: string;
  };
  readonly Identity: {
    readonly id: string;
    readonly provider: 'google' | 'firebase';
    readonly email: string;
    readonly linked_at: string;
    readonly last_used_at: string;
  };
  readonly IdentityList: {
    readonly data: readonly Schemas['Identity'][];
  };
  readonly InboxEvent: {
    readonly event_id: string;
    readonly store: 'stripe' | 'app_store' | 'google_play';
    readonly mode: 'live' | 'test' | 'sandbox';
    readonly type: string;
    /** What it is about; null: nothing that is looked at. */
    readonly kind: 'customer' | 'subscription' | 'invoice' | 'payment' | 'checkout' | null;
    readonly object_id: string | null;
    /** `reconciler`: the provider never sent it; it was found by asking. */
    readonly via: 'webhook' | 'reconciler';
    /** `waiting`: its customer has no account here yet. `ignored`: not about anything sold here. `dead`: its object was given up. */
    readonly state: 'received' | 'applied' | 'waiting' | 'ignored' | 'dead';
    /** By the provider’s clock. */
    readonly occurred_at: string;
    readonly received_at: string;
    readonly settled_at: string | null;
  };
  readonly InboxEventPage: {
    readonly data: readonly Schemas['InboxEvent'][];
    readonly next_cursor: string | null;
  };
  readonly InboxReplay: {
    /** How many are fetched again. */
    readonly objects: number;
    /** Where to go on; null: that was all. */
    readonly next_since: string | null;
  };
  readonly InstalledPlugin: {
    readonly id: string;
    readonly name: string;
    /** The newest that there is. */
    readonly version: string | null;
    /** What the account has consented to. */
    readonly permissions: readonly string[];
    /** What the newest version wants besides: it waits for consent. */
    readonly new_permissions: readonly string[];
    /** Its developer is gone: there will be no further version. */
    readonly orphaned: boolean;
    /** It was removed: delete what you have of it. */
    readonly removed_because: string | null;
    readonly installed: boolean;
    /** That the account was given last. */
    readonly installed_version: string | null;
    readonly bought: boolean;
  };
  readonly InstalledPluginPage: {
    readonly data: readonly Schemas['InstalledPlugin'][];
    readonly next_cursor: string | null;
  };
  readonly Invitation: {
    readonly id: string;
    readonly email: string;
    readonly role: 'viewer' | 'member' | 'admin' | 'owner';
    readonly status: 'open' | 'expired';
    readonly invited_by: string;
    readonly created_at: string;
    readonly expires_at: string;
  };
  readonly InvitationPage: {
    readonly data: readonly Schemas['Invitation'][];
    readonly next_cursor: string | null;
  };
  readonly Invoice: {
    readonly id: string;
    readonly number: string | null;
    readonly state: 'open' | 'paid' | 'void' | 'uncollectible';
    /** As the provider says: subscription_create, subscription_cycle, manual … */
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
    readonly lines: readonly Schemas['InvoiceLine'][];
  };
  readonly InvoiceLine: {
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
  };
  readonly InvoicePage: {
    readonly data: readonly Schemas['Invoice'][];
    readonly next_cursor: string | null;
  };
  readonly ItemEarnings: {
    readonly product: string;
    readonly item: string;
    /** By ISO 4217, in lower case. */
    readonly currency: string;
    readonly sales: number;
    /** What was paid in the month without tax, less what went back. */
    readonly total: number;
    /** The part of it that is the account’s. */
    readonly share: number;
  };
  readonly Job: {
    readonly id: string;
    /** What it does: `product.job`. */
    readonly kind: string;
    readonly lane: 'interactive' | 'batch';
    /** `dead`: it failed for good. */
    readonly status: 'ready' | 'delayed' | 'running' | 'done' | 'dead' | 'cancelled';
    /** null: it has not told how far it is. */
    readonly progress: Schemas['JobProgress'] | null;
    /** 0 before the first. */
    readonly attempt: number;
    /** Why its last attempt failed: an error code, or a few words. */
    readonly error: string | null;
    /** When it was, or will be, due. */
    readonly run_at: string;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly JobPage: {
    readonly data: readonly Schemas['Job'][];
    readonly next_cursor: string | null;
  };
  readonly JobProgress: {
    readonly done: number;
    readonly total: number;
  };
  readonly KeptAction: {
    readonly id: string;
    readonly goal_id: string;
    readonly title: string;
    readonly due: string | null;
    readonly source: 'own' | 'suggested';
    readonly done: boolean;
    readonly done_at: string | null;
    /** The day on which it was done, where you were. */
    readonly done_on: string | null;
    readonly version: number;
    readonly created_at: string;
    readonly support: Schemas['SafetySupport'] | null;
  };
  readonly KeptGoal: {
    readonly id: string;
    readonly title: string;
    readonly why: string | null;
    readonly target_date: string | null;
    readonly status: 'active' | 'paused' | 'achieved' | 'dropped';
    /** Counts your changes; the ETag of the goal. */
    readonly version: number;
    readonly created_at: string;
    readonly updated_at: string;
    readonly support: Schemas['SafetySupport'] | null;
  };
  readonly KeptProfile: {
    readonly display_name: string | null;
    readonly locale: string | null;
    readonly time_zone: string;
    readonly pronouns: string | null;
    readonly focus_areas: readonly string[];
    readonly consents: Schemas['Consents'];
    /** Counts your changes; the ETag of the profile. */
    readonly version: number;
    readonly support: Schemas['SafetySupport'] | null;
  };
  readonly KeptScope: {
    readonly title: string;
    readonly client_name: string | null;
    readonly status: 'draft' | 'in_review' | 'approved' | 'sent' | 'archived';
    readonly summary: string;
    readonly currency: string;
    readonly project_id: string | null;
    readonly confidence: number | null;
    readonly sections: readonly Schemas['KeptSection'][];
  };
  readonly KeptSection: {
    readonly id: string;
    readonly type: 'overview' | 'objectives' | 'deliverables' | 'timeline' | 'budget' | 'assumptions' | 'exclusions' | 'risks' | 'acceptance' | 'other';
    readonly title: string;
    readonly content: string;
    readonly fields: Readonly<Record<string, unknown>>;
    readonly confidence: number | null;
    readonly citations: readonly Schemas['ScopeCitation'][] | null;
  };
  readonly License: {
    readonly id: string;
    /** For owners and admins of the account; else null. */
    readonly license_key: string | null;
    /** The end of the key, to tell keys apart by. */
    readonly key_hint: string;
    readonly status: 'active' | 'suspended' | 'inactive';
    /** Why it is not active: `payment`, `dispute`, `pause`, `ended`, `account`, `admin`. */
    readonly status_reason: string | null;
    /** The plan; of a licence that has ended, the last one. */
    readonly tier: string;
    /** Options of the plan that are granted. */
    readonly features: readonly string[];
    readonly max_seats: number;
    readonly current_seats_used: number;
    readonly seats_left: number;
    readonly max_machines: number;
    readonly machines_used: number;
    /** The longest that a session may work offline. */
    readonly offline_minutes: number;
    readonly issued_at: string;
    /** By the first machine. */
    readonly activated_at: string | null;
    readonly suspended_at: string | null;
    readonly deactivated_at: string | null;
    readonly last_renewal_at: string | null;
    readonly next_billing_date: string | null;
    /** The end of what is paid for, or tried; null: nothing ends it. Past it the licence works until `grace_period_ends_at` where a payment failed. */
    readonly expires_at: string | null;
    readonly trial_ends_at: string | null;
    /** Until when it works although a payment failed; null: none did. */
    readonly grace_period_ends_at: string | null;
  };
  readonly LicenseAcquire: {
    /** Not needed by a user of the account. */
    readonly license_key?: string | undefined;
    readonly hardware_id?: string | undefined;
    /** The same as `hardware_id`. */
    readonly machine_id?: string | undefined;
    readonly name?: string | undefined;
    readonly platform?: string | undefined;
    readonly user_agent?: string | undefined;
    readonly user_ip?: string | undefined;
    readonly app_version?: string | undefined;
    /** How long the program should be able to work without the server. */
    readonly offline_minutes?: number | undefined;
    /** Of a session before on this machine: with it what that one handed out is given up. */
    readonly signed_token?: string | undefined;
    /** Is repeated in the token of the answer: by it a program knows the answer from an earlier one. */
    readonly nonce?: string | undefined;
  };
  readonly LicenseActivation: {
    readonly license: Schemas['License'];
    readonly machine: Schemas['ActivatedMachine'];
    /** As in `license`. */
    readonly max_seats: number;
    readonly already_activated: boolean;
  };
  readonly LicenseAnalytics: {
    /** Of UTC; the present one until now. */
    readonly day: string;
    /** People who registered on this server. */
    readonly sign_ups: number;
    /** Accounts that got their licence. */
    readonly licenses_issued: number;
    /** When the day ended: paid, tried, or not paid while the promised days last. */
    readonly active_subscriptions: number;
    /** Of these, those that are tried. */
    readonly trials: number;
    /** Of all licences, when the day ended. */
    readonly seats: number;
    /** At the busiest moment of each licence. */
    readonly seats_used: number;
    /** seats_used ÷ seats; null: there were none. */
    readonly utilization: number | null;
    /** Sessions that began. */
    readonly sessions: number;
    readonly sessions_ended: number;
    /** Of those that ended; null: none did. */
    readonly mean_session_seconds: number | null;
    /** Of all sessions, on this day. */
    readonly worked_seconds: number;
    /** Acquires for which no seat was free. */
    readonly denials: number;
    /** What follows is of subscriptions in it. */
    readonly currency: string;
    /** Accounts that paid when the day ended. */
    readonly customers: number;
    readonly new_customers: number;
    /** Had paid before, and not when the day began. */
    readonly returned_customers: number;
    readonly churned_customers: number;
    readonly mrr_minor: number;
    readonly arr_minor: number;
    readonly new_minor: number;
    readonly returned_minor: number;
    readonly expansion_minor: number;
    readonly contraction_minor: number;
    readonly churned_minor: number;
    /** churned_customers ÷ those when the day began; null: there were none. */
    readonly logo_churn: number | null;
    /** (churned + contraction) ÷ MRR when the day began. */
    readonly revenue_churn: number | null;
  };
  readonly LicenseAnalyticsReport: {
    /** The first day. */
    readonly from: string;
    /** The day after the last. */
    readonly until: string;
    readonly zone: string;
    readonly data: readonly Schemas['LicenseAnalytics'][];
    readonly next_cursor: string | null;
    readonly totals: Schemas['LicenseAnalyticsTotals'];
  };
  readonly LicenseAnalyticsTotals: {
    readonly currency: string;
    readonly mrr_minor: number;
    readonly arr_minor: number;
    readonly active_subscriptions: number;
    /** People who registered this month. */
    readonly sign_ups: number;
    /** Paid when the month began, and do not now. */
    readonly churned_customers: number;
    /** churned_customers ÷ all who paid when the month began; null: there were none. */
    readonly churn: number | null;
    readonly running_sessions: number;
    readonly seats: number;
    /** running_sessions ÷ seats; null: there are none. */
    readonly utilization: number | null;
  };
  readonly LicenseBorrow: {
    readonly session_id: string;
    readonly signed_token: string;
    readonly minutes: number;
    /** Is repeated in the token of the answer: by it a program knows the answer from an earlier one. */
    readonly nonce?: string | undefined;
  };
  readonly LicenseCheckout: {
    readonly checkout_url: string;
    readonly session_id: string;
    readonly expires_at: string;
    /** Of the trial that it offers; null: it is paid at once. */
    readonly trial_days: number | null;
  };
  readonly LicenseHeartbeat: {
    readonly session_id: string;
    /** A compact JWS (EdDSA). Its holder may work until `exp`, and until `off` without the server. */
    readonly signed_token: string;
    /** When the seat is free again without a heartbeat. */
    readonly expires_at: string;
    /** Seconds until the next heartbeat. */
    readonly heartbeat_interval: number;
    /** Until when the program may work without the server. */
    readonly offline_until: string | null;
    readonly server_time: string;
  };
  readonly LicenseKeyRotation: {
    /** null where the call is repeated with its Idempotency-Key. */
    readonly license_key: string | null;
  };
  readonly LicenseMachine: {
    readonly id: string;
    readonly hardware_id: string;
    readonly name: string | null;
    readonly platform: string | null;
    readonly activated_at: string;
    readonly last_seen_at: string;
  };
  readonly LicenseMachineList: {
    readonly data: readonly Schemas['LicenseMachine'][];
  };
  readonly LicensePage: {
    readonly data: readonly Schemas['License'][];
    readonly next_cursor: string | null;
  };
  readonly LicenseRelease: {
    readonly signed_token?: string | undefined;
  };
  readonly LicenseSeat: {
    readonly session_id: string;
    readonly machine_id: string;
    readonly hardware_id: string;
    readonly machine_name: string | null;
    readonly user_id: string | null;
    readonly ip: string | null;
    readonly started_at: string;
    readonly last_heartbeat_at: string;
    readonly occupied_until: string;
    readonly offline_until: string | null;
    /** The reason why it ended. It is not renewed, and its offline lease still occupies the seat. */
    readonly ended: 'active' | 'released' | 'expired' | 'taken_over' | 'suspended' | 'forced' | null;
  };
  readonly LicenseSeatEnded: {
    readonly machine_id: string;
    /** null: it is free. */
    readonly occupied_until: string | null;
  };
  readonly LicenseSeats: {
    readonly max_seats: number;
    readonly current_seats_used: number;
    readonly seats: readonly Schemas['LicenseSeat'][];
  };
  readonly LicenseSession: {
    readonly session_id: string;
    /** A compact JWS (EdDSA). Its holder may work until `exp`, and until `off` without the server. */
    readonly signed_token: string;
    /** When the seat is free again without a heartbeat. */
    readonly expires_at: string;
    /** Seconds until the next heartbeat. */
    readonly heartbeat_interval: number;
    /** Until when the program may work without the server. */
    readonly offline_until: string | null;
    readonly server_time: string;
    readonly license_id: string;
    readonly current_seats_used: number;
    readonly max_seats: number;
  };
  readonly LicenseSessionRecord: {
    readonly session_id: string;
    readonly machine_id: string;
    readonly hardware_id: string;
    readonly machine_name: string | null;
    readonly user_id: string | null;
    readonly fence: number;
    readonly status: 'active' | 'released' | 'expired' | 'taken_over' | 'suspended' | 'forced';
    readonly started_at: string;
    /** When it really ended: of one that ran out, when its seat did. */
    readonly ended_at: string | null;
    /** How long it lasted; null: it goes on. */
    readonly duration_seconds: number | null;
    readonly last_heartbeat_at: string;
    /** As the server saw it; for owners and admins. */
    readonly ip: string | null;
    readonly user_agent: string | null;
    /** `user_ip`, as the program said it; for owners and admins. */
    readonly said_ip: string | null;
    readonly said_user_agent: string | null;
    readonly app_version: string | null;
  };
  readonly LicenseSessionRecordPage: {
    readonly data: readonly Schemas['LicenseSessionRecord'][];
    readonly next_cursor: string | null;
  };
  readonly LicenseSessionToken: {
    readonly session_id: string;
    readonly signed_token: string;
  };
  readonly LicenseSignature: {
    readonly key_id: string;
    readonly algorithm: 'RS256' | 'EdDSA';
    /** Base64, over the licence in the canonical form of RFC 8785. */
    readonly signature: string;
  };
  readonly LicenseSigningKey: {
    readonly key_id: string;
    readonly kind: 'rsa-4096' | 'ed25519';
  };
  readonly LicenseStatus: {
    readonly license_id: string;
    readonly status: 'active' | 'suspended' | 'inactive';
    /** Why it is not active: `payment`, `dispute`, `pause`, `ended`, `account`, `admin`. */
    readonly status_reason: string | null;
    readonly tier: string;
    readonly max_seats: number;
    readonly current_seats_used: number;
    /** The end of what is paid for, or tried; null: nothing ends it. Past it the licence works until `grace_period_ends_at` where a payment failed. */
    readonly expires_at: string | null;
    /** Until when it works although a payment failed; null: none did. */
    readonly grace_period_ends_at: string | null;
    readonly suspended_at: string | null;
    readonly deactivated_at: string | null;
  };
  readonly LicenseToken: {
    readonly signed_token: string;
    /** Is repeated in the token of the answer: by it a program knows the answer from an earlier one. */
    readonly nonce?: string | undefined;
  };
  readonly LicenseValidity: {
    readonly valid: boolean;
    readonly status: 'active' | 'suspended' | 'inactive' | 'unknown';
    readonly tier: string | null;
    readonly expires_at: string | null;
    readonly max_seats: number | null;
  };
  readonly LimitUsage: {
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
  };
  readonly LinkDecision: {
    readonly type: 'relates_to' | 'drawn_from' | 'implements';
    readonly session_id?: string | undefined;
    readonly message_id?: string | undefined;
    readonly decision_id?: string | undefined;
    /** Of a file. */
    readonly path?: string | undefined;
  };
  readonly LinkedDecision: {
    readonly id: string;
    readonly title: string;
    readonly status: 'proposed' | 'accepted' | 'superseded';
  };
  readonly ListedPattern: Schemas['PatternSummary'] | Schemas['ReleasedPattern'];
  readonly ListedPatternPage: {
    readonly data: readonly Schemas['ListedPattern'][];
    readonly next_cursor: string | null;
  };
  readonly LoadContext: Schemas['LoadedContext'] | Schemas['LoadedContextMarkdown'];
  readonly LoadedContext: {
    readonly documents: readonly Schemas['ContextDocument'][];
    readonly tokens: number;
    /** Those for which the budget has no room. */
    readonly left_out: readonly Schemas['ContextDocumentSummary'][];
  };
  readonly LoadedContextMarkdown: {
    readonly markdown: string;
    readonly tokens: number;
    /** Those for which the budget has no room. */
    readonly left_out: readonly Schemas['ContextDocumentSummary'][];
  };
  readonly LoginRequest: {
    readonly email: string;
    readonly password: string;
    /** What you call this device in the list of your sessions. */
    readonly device_name?: string | undefined;
    /** A refresh token of an earlier session on this device, used or not: who sends one does not wait for guesses that others make, and no mail tells of a new device. */
    readonly former_refresh_token?: string | undefined;
    /** What the CAPTCHA answered, once. */
    readonly captcha_token?: string | undefined;
  };
  readonly LogoUpload: {
    readonly blob_id: string;
    /** null where the call is repeated with its Idempotency-Key: begin anew. */
    readonly upload: Schemas['SignedUpload'] | null;
  };
  readonly Mail: {
    /** Its Message-ID begins with it. */
    readonly id: string;
    readonly account_id: string | null;
    readonly user_id: string | null;
    readonly to: string;
    readonly template: string;
    /** `asked`: the address is being looked up; `waiting`: being sent, or retried at due_at; `refused`: the mail server rejected it, or it no longer applies to its receiver; `failed`: all attempts failed. */
    readonly status: 'asked' | 'waiting' | 'sent' | 'refused' | 'failed';
    readonly attempts: number;
    readonly error: string | null;
    readonly created_at: string;
    readonly due_at: string;
    readonly sent_at: string | null;
  };
  readonly MailPage: {
    readonly data: readonly Schemas['Mail'][];
    readonly next_cursor: string | null;
  };
  readonly MailPreview: {
    readonly name: string;
    readonly subject: string;
    readonly text: string;
    readonly html: string;
  };
  readonly MailTemplates: {
    readonly data: readonly Schemas['MailPreview'][];
    /** Whether `GET /v1/admin/mail/{id}/text` shows what sent mails say. */
    readonly shows_sent: boolean;
  };
  readonly MailText: {
    readonly subject: string;
    readonly text: string;
    readonly html: string;
  };
  readonly Margin: {
    readonly month: string;
    readonly currency: string;
    readonly account_id?: string | null;
    readonly account_name?: string | null;
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
    readonly rate: Schemas['ExchangeRate'] | null;
  };
  readonly MarginReport: {
    /** The first day. */
    readonly from: string;
    /** The day after the last. */
    readonly until: string;
    readonly zone: string;
    readonly data: readonly Schemas['Margin'][];
    readonly next_cursor: string | null;
    /** The file of exchange rates, and its newest day. */
    readonly rates: Schemas['ExchangeRateSource'];
  };
  readonly McpAnswer: {
    readonly jsonrpc: '2.0';
    readonly id: string | number | null;
    readonly result?: Readonly<Record<string, unknown>>;
    readonly error?: Readonly<Record<string, unknown>>;
  };
  readonly McpMessage: {
    readonly jsonrpc: '2.0';
    /** None: a notification. */
    readonly id?: string | number | undefined;
    readonly method: string;
    readonly params?: Readonly<Record<string, unknown>> | undefined;
  };
  readonly Member: {
    readonly user_id: string;
    readonly email: string;
    readonly full_name: string | null;
    readonly avatar_url: string | null;
    readonly role: 'viewer' | 'member' | 'admin' | 'owner';
    readonly created_at: string;
  };
  readonly MemberPage: {
    readonly data: readonly Schemas['Member'][];
    readonly next_cursor: string | null;
  };
  readonly MemoryBesideReason: {
    readonly kind: 'beside';
    /** One of the best turns, which it stands beside. */
    readonly message_id: string;
  };
  readonly MemoryContext: {
    readonly turns: readonly Schemas['MemoryTurn'][];
    readonly tokens: number;
  };
  readonly MemoryContextMarkdown: {
    readonly markdown: string;
    readonly tokens: number;
  };
  readonly MemoryDateReason: {
    readonly kind: 'date';
    readonly day: string;
  };
  readonly MemoryExport: {
    readonly session: Schemas['MemorySession'];
    readonly summary: readonly Schemas['MemorySentence'][];
    /** By a model: `POST /v1/sessions/:id/summary`. Null: none was asked for since the last message. */
    readonly refined: readonly Schemas['RefinedSentence'][] | null;
    /** Those that are linked with it or a message of it, of those that you may read. */
    readonly decisions: readonly Schemas['LinkedDecision'][];
    readonly metadata: Schemas['MemoryExportMetadata'];
  };
  readonly MemoryExportMetadata: {
    readonly first_said_at: string | null;
    readonly messages_by_role: Readonly<Record<string, number>>;
  };
  readonly MemoryFile: {
    readonly id: string;
    readonly session_id: string;
    readonly client_id: string;
    readonly name: string;
    /** As its client said it. It is answered as bytes of no type. */
    readonly type: string;
    readonly bytes: number;
    readonly created_at: string;
  };
  readonly MemoryFilePage: {
    readonly data: readonly Schemas['MemoryFile'][];
    readonly next_cursor: string | null;
  };
  readonly MemoryGraph: {
    readonly nodes: readonly Schemas['GraphNode'][];
    readonly edges: readonly Schemas['GraphEdge'][];
    /** More may be there than was looked at: other nodes, or a path where none was found. */
    readonly is_cut: boolean;
  };
  readonly MemoryMarkdown: {
    readonly markdown: string;
  };
  readonly MemoryMessage: {
    readonly id: string;
    readonly client_id: string;
    readonly role: 'user' | 'assistant' | 'system' | 'tool';
    readonly speaker: string | null;
    readonly said_at: string;
    /** Null: it was recalled, and this session does not have its text. */
    readonly text: string | null;
    readonly recalled: boolean;
    /** An earlier message of the session says the same; the text is kept once. */
    readonly repeated: boolean;
  };
  readonly MemoryMessagePage: {
    readonly data: readonly Schemas['MemoryMessage'][];
    readonly next_cursor: string | null;
  };
  readonly MemoryNeighbourReason: {
    readonly kind: 'neighbour';
    /** Turns beside it have them. */
    readonly words: readonly string[];
  };
  readonly MemorySentence: {
    readonly text: string;
    readonly message_id: string;
    /** Where it stands in the text, in UTF-16 units. */
    readonly span: readonly unknown[];
  };
  readonly MemorySession: {
    readonly id: string;
    /** Your own name for it. */
    readonly client_id: string;
    readonly author_id: string;
    /** Who may read it: its author, a team, or all members of the organization. */
    readonly level: 'private' | 'team' | 'organization';
    readonly team_id: string | null;
    readonly title: string | null;
    readonly started_at: string;
    readonly last_said_at: string | null;
    readonly messages: number;
    /** Of the texts that are kept, and 400 for each message. */
    readonly bytes: number;
    /** How many of its messages its summary and drawn decisions are of. All, if it equals `messages`. */
    readonly processed_messages: number;
    /** When the last of those was said. Null: none was yet. */
    readonly processed_until: string | null;
    readonly version: number;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly MemorySessionExport: Schemas['MemoryExport'] | Schemas['MemoryMarkdown'];
  readonly MemorySessionPage: {
    readonly data: readonly Schemas['MemorySession'][];
    readonly next_cursor: string | null;
  };
  readonly MemorySessionReason: {
    readonly kind: 'session';
    /** Other turns of its session have them. */
    readonly words: readonly string[];
  };
  readonly MemorySpeakerReason: {
    readonly kind: 'speaker';
    readonly speaker: string;
  };
  readonly MemoryTurn: {
    readonly session_id: string;
    readonly session_title: string | null;
    readonly level: 'private' | 'team' | 'organization';
    readonly author_id: string;
    readonly message_id: string;
    readonly client_id: string;
    readonly role: 'user' | 'assistant' | 'system' | 'tool';
    readonly speaker: string;
    readonly said_at: string;
    readonly text: string;
    readonly tokens: number;
    readonly score: number;
    readonly why: readonly unknown[];
  };
  readonly MemoryWordsReason: {
    readonly kind: 'words';
    readonly words: readonly string[];
  };
  readonly MergeFiles: {
    readonly source: string;
    readonly target: string;
  };
  readonly MfaChallenge: {
    readonly mfa_required: true;
    /** For `POST /v1/auth/mfa/verify`. */
    readonly mfa_token: string;
    readonly methods: readonly ('totp' | 'recovery_code' | 'passkey')[];
    readonly expires_at: string;
  };
  readonly MfaOptionsRequest: {
    readonly mfa_token: string;
  };
  readonly MfaStatus: {
    /** Whether a sign-in asks for a second factor. */
    readonly enabled: boolean;
    readonly totp: boolean;
    readonly recovery_codes_left: number;
    readonly passkeys: readonly Schemas['Passkey'][];
  };
  readonly MirrorFragment: {
    readonly id: string;
    readonly kind: 'feeling' | 'theme' | 'need' | 'strength' | 'value';
    readonly text: string;
    readonly intensity: number;
    /** The message that it was drawn out of. */
    readonly message_id: string;
  };
  readonly MirrorMessage: {
    readonly id: string;
    readonly role: 'user' | 'mirror';
    readonly content: string;
    /** A message waits for its reply, or is answered; a reply is whole, or was cut short. */
    readonly status: 'waiting' | 'answered' | 'whole' | 'cut';
    readonly safety: Schemas['Safety'];
    readonly created_at: string;
  };
  readonly MirrorReply: {
    readonly session_id: string;
    readonly safety: Schemas['Safety'];
    readonly message: Schemas['MirrorMessage'] | null;
    readonly reply: Schemas['MirrorMessage'] | null;
    readonly support: Schemas['SafetySupport'] | null;
  };
  readonly MirrorSession: {
    readonly id: string;
    readonly title: string | null;
    /** `closing`: it takes no more messages, and is being summed up. */
    readonly status: 'open' | 'closing' | 'closed';
    readonly summary: string | null;
    /** Why it was closed without a summary. */
    readonly summary_error: string | null;
    readonly created_at: string;
    readonly closed_at: string | null;
  };
  readonly MirrorSessionDetail: {
    readonly id: string;
    readonly title: string | null;
    /** `closing`: it takes no more messages, and is being summed up. */
    readonly status: 'open' | 'closing' | 'closed';
    readonly summary: string | null;
    /** Why it was closed without a summary. */
    readonly summary_error: string | null;
    readonly created_at: string;
    readonly closed_at: string | null;
    readonly messages: readonly Schemas['MirrorMessage'][];
    readonly fragments: readonly Schemas['MirrorFragment'][];
  };
  readonly MirrorSessionPage: {
    readonly data: readonly Schemas['MirrorSession'][];
    readonly next_cursor: string | null;
  };
  readonly MissingFromExport: {
    /** `script`: characters that the PDF has no font for; it names their script in brackets. `font`: characters that the DOCX holds, and whose font is left to the program that opens it. `logo`: the logo could not be read. */
    readonly what: 'script' | 'font' | 'logo';
    /** The script: `Hangul`. */
    readonly name: string;
    readonly characters: number;
  };
  readonly MissingPage: {
    readonly page: number;
    readonly reason: 'page_damaged' | 'ocr_pages_used_up' | 'ocr_page_limit' | 'ocr_failed' | 'picture' | 'pictures_unknown' | 'chart' | 'embedded_object' | 'comment' | 'annotation' | 'text_order';
  };
  readonly Model: {
    readonly id: string;
    readonly object: 'model';
    readonly created: number;
    readonly owned_by: string;
  };
  readonly ModelEstimate: {
    /** As the price catalogue has it: `openai/gpt-4o`, or `gpt-4o` where one provider alone has it. */
    readonly model: string;
    readonly provider?: string | undefined;
    readonly prompt_tokens?: number | undefined;
    readonly completion_tokens?: number | undefined;
  };
  readonly ModelList: {
    readonly object: 'list';
    readonly data: readonly Schemas['Model'][];
  };
  readonly ModelUsage: {
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
  };
  readonly MoveSectionRequest: {
    /** Right after this section; null: to the beginning. */
    readonly after?: string | null | undefined;
    /** Right before this section; null: to the end. */
    readonly before?: string | null | undefined;
  };
  readonly NewAction: {
    readonly title: string;
    readonly due?: string | null | undefined;
    readonly source?: 'own' | 'suggested' | undefined;
  };
  readonly NewApiKey: {
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
  readonly NewComment: {
    /** Plain text. */
    readonly body: string;
    readonly section_id?: string | undefined;
    /** A comment of the thread. It is on what the thread is on. */
    readonly reply_to?: string | undefined;
    /** Members who receive a mail, one per comment. */
    readonly mentions?: readonly string[] | undefined;
  };
  readonly NewFavourite: {
    /** The workspace; it must be the account that the call is for. */
    readonly workspace_id?: string | undefined;
    readonly scope_id: string;
  };
  readonly NewGoal: {
    readonly title: string;
    /** Why you want it. */
    readonly why?: string | null | undefined;
    readonly target_date?: string | null | undefined;
  };
  readonly NewMemoryMessage: {
    readonly client_id: string;
    readonly role: 'user' | 'assistant' | 'system' | 'tool';
    /** At most 1 MB of UTF-8. */
    readonly text: string;
    /** Who said it, where the role does not tell. */
    readonly speaker?: string | null | undefined;
    readonly said_at?: string | null | undefined;
    readonly recalled?: boolean | undefined;
  };
  readonly NewMirrorMessage: {
    readonly session_id: string;
    /** At most 4,000 characters. */
    readonly content: string;
  };
  readonly NewMirrorSession: {
    readonly title?: string | null | undefined;
  };
  readonly NewTemplate: {
    readonly name: string;
    readonly description?: string | null | undefined;
    readonly sections: readonly Schemas['NewTemplateSection'][];
  };
  readonly NewTemplateSection: {
    readonly type: 'overview' | 'objectives' | 'deliverables' | 'timeline' | 'budget' | 'assumptions' | 'exclusions' | 'risks' | 'acceptance' | 'other';
    readonly title: string;
    /** Markdown. */
    readonly content?: string | undefined;
  };
  readonly NewTurn: {
    /** At most 2,000 characters. */
    readonly thought: string;
    readonly style?: 'gentle' | 'direct' | 'playful' | undefined;
  };
  readonly NotFitting: {
    /** Its name within the product. */
    readonly limit: string;
    readonly used: number;
    readonly max: number;
  };
  readonly Ok: {
    readonly ok: true;
  };
  readonly OnboardPayeeRequest: {
    /** Where the page sends browsers afterwards: a page of this server, or of an origin that it lists (docs/billing.md). */
    readonly return_url: string;
  };
  readonly OnboardingCheckout: {
    /** The provider’s page; null: there is nothing to pay. */
    readonly checkout_url: string | null;
    readonly expires_at: string | null;
    readonly status: Schemas['OnboardingStatus'];
  };
  readonly OnboardingGoalsRequest: {
    /** The workspace; it must be the account that the call is for. */
    readonly workspace_id?: string | undefined;
    readonly goals: readonly string[];
    /** What you do: consultant, agency, in-house … */
    readonly role?: string | undefined;
    readonly team_size?: number | undefined;
  };
  readonly OnboardingInvitation: {
    readonly email: string;
    readonly role: 'viewer' | 'member' | 'admin' | 'owner';
    readonly outcome: 'invited' | 'already_invited' | 'already_member' | 'refused';
    /** Of a refused one: why, such as `limit_exceeded`. */
    readonly code: string | null;
  };
  readonly OnboardingInvitee: {
    readonly email: string;
    readonly role?: 'viewer' | 'member' | 'admin' | undefined;
  };
  readonly OnboardingStatus: {
    /** Null: you have no workspace yet. */
    readonly workspace_id: string | null;
    readonly name: string | null;
    readonly slug: string | null;
    /** What the workspace has now, whatever was ordered. */
    readonly plan: string | null;
    readonly privacy: 'standard' | 'no_models';
    readonly steps: readonly Schemas['OnboardingStep'][];
    /** The first open one; null: it is over. */
    readonly next: 'workspace' | 'team' | 'goals' | 'subscribe' | null;
  };
  readonly OnboardingStep: {
    readonly step: 'workspace' | 'team' | 'goals' | 'subscribe';
    readonly state: 'open' | 'done' | 'skipped';
    readonly at: string | null;
    /** The answers of the step: goals, or the order. */
    readonly said: Readonly<Record<string, unknown>> | null;
  };
  readonly OnboardingSubscribeRequest: {
    /** The workspace; it must be the account that the call is for. */
    readonly workspace_id?: string | undefined;
    readonly plan: 'free' | 'pro' | 'team';
    readonly cycle?: 'monthly' | 'yearly' | undefined;
    readonly success_url?: string | undefined;
    readonly cancel_url?: string | undefined;
  };
  readonly OnboardingTeam: {
    readonly invitations: readonly Schemas['OnboardingInvitation'][];
    readonly status: Schemas['OnboardingStatus'];
  };
  readonly OnboardingTeamRequest: {
    /** The workspace; it must be the account that the call is for. */
    readonly workspace_id?: string | undefined;
    readonly invitations?: readonly Schemas['OnboardingInvitee'][] | undefined;
    /** no_models: nothing of it is sent to a model. */
    readonly privacy?: 'standard' | 'no_models' | undefined;
  };
  readonly OperatorExport: {
    readonly id: string;
    /** The account that it is of; null: of a person. */
    readonly account_id: string | null;
    /** The person that it is of, with their personal account. */
    readonly user_id: string | null;
    /** The platform admin. */
    readonly asked_by: string;
    readonly status: 'waiting' | 'ready' | 'failed';
    readonly bytes: number | null;
    /** A signed link, made anew with each answer; null: not ready. */
    readonly url: string | null;
    /** 15 minutes from now. */
    readonly url_expires_at: string | null;
    /** When it is deleted; null while it is made. */
    readonly expires_at: string | null;
    readonly created_at: string;
  };
  readonly OperatorExportPage: {
    readonly data: readonly Schemas['OperatorExport'][];
    readonly next_cursor: string | null;
  };
  readonly OperatorExportRequest: {
    readonly account_id?: string | undefined;
    readonly user_id?: string | undefined;
  };
  readonly OrbitCitation: {
    readonly document_id: string;
    readonly page: number;
    /** As it stands in the document, white space folded. */
    readonly quote: string;
  };
  readonly Organization: {
    readonly id: string;
    readonly name: string;
    readonly status: 'active' | 'suspended';
    readonly role: 'viewer' | 'member' | 'admin' | 'owner';
    /** Until when a closed one can be opened again; null: it is open. */
    readonly restorable_until: string | null;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly OrganizationPage: {
    readonly data: readonly Schemas['Organization'][];
    readonly next_cursor: string | null;
  };
  readonly Overage: {
    readonly product: string;
    readonly limit: string;
    /** `product.plan`: the one that is in effect. */
    readonly plan: string;
    /** By ISO 4217, in lower case. */
    readonly currency: string;
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
  readonly OverageList: {
    readonly data: readonly Schemas['Overage'][];
  };
  readonly OwedTotal: {
    /** By ISO 4217, in lower case. */
    readonly currency: string;
    /** Of all payees. */
    readonly owed: number;
    /** What of it is payable by now, to payees who can be paid. */
    readonly payable: number;
    /** Of payees who cannot be paid yet. */
    readonly waiting: number;
  };
  readonly PackageCheck: {
    readonly check: string;
    /** While it fails, nobody approves. */
    readonly hard: boolean;
    readonly passed: boolean;
    readonly findings: readonly Schemas['PackageFinding'][];
  };
  readonly PackageFile: {
    readonly path: string;
    readonly bytes: number;
    readonly sha256: string;
  };
  readonly PackageFinding: {
    readonly file?: string;
    readonly line?: number;
    readonly code: string;
    readonly text: string;
  };
  readonly Passkey: {
    readonly id: string;
    readonly name: string;
    /** Whether it is kept in several devices, as by a password manager. */
    readonly synced: boolean;
    readonly created_at: string;
    readonly last_used_at: string | null;
  };
  readonly PasskeyAlgorithm: {
    readonly type: 'public-key';
    readonly alg: number;
  };
  readonly PasskeyAssertion: {
    readonly id: string;
    readonly rawId: string;
    readonly type: 'public-key';
    readonly authenticatorAttachment?: string | null | undefined;
    readonly clientExtensionResults?: Readonly<Record<string, unknown>> | undefined;
    readonly response: Schemas['PasskeyAssertionResponse'];
  };
  readonly PasskeyAssertionResponse: {
    readonly clientDataJSON: string;
    readonly authenticatorData: string;
    readonly signature: string;
    readonly userHandle?: string | null | undefined;
  };
  readonly PasskeyAttestation: {
    readonly id: string;
    readonly rawId: string;
    readonly type: 'public-key';
    readonly authenticatorAttachment?: string | null | undefined;
    readonly clientExtensionResults?: Readonly<Record<string, unknown>> | undefined;
    readonly response: Schemas['PasskeyAttestationResponse'];
  };
  readonly PasskeyAttestationResponse: {
    readonly clientDataJSON: string;
    readonly attestationObject: string;
    readonly authenticatorData?: string | undefined;
    readonly publicKey?: string | undefined;
    readonly publicKeyAlgorithm?: number | undefined;
    readonly transports?: readonly string[] | undefined;
  };
  readonly PasskeyCreationOptions: {
    readonly challenge: string;
    readonly rp: Schemas['PasskeyRelyingParty'];
    readonly user: Schemas['PasskeyUser'];
    readonly pubKeyCredParams: readonly Schemas['PasskeyAlgorithm'][];
    readonly excludeCredentials?: readonly Schemas['PasskeyDescriptor'][];
  } & Readonly<Record<string, unknown>>;
  readonly PasskeyDescriptor: {
    readonly id: string;
    readonly type: 'public-key';
    readonly transports?: readonly string[];
  };
  readonly PasskeyRelyingParty: {
    readonly id?: string;
    readonly name: string;
  } & Readonly<Record<string, unknown>>;
  readonly PasskeyRequestOptions: {
    readonly challenge: string;
    readonly rpId?: string;
    readonly userVerification?: string;
    readonly allowCredentials?: readonly Schemas['PasskeyDescriptor'][];
  } & Readonly<Record<string, unknown>>;
  readonly PasskeySignInRequest: {
    readonly credential: Schemas['PasskeyAssertion'];
    /** What you call this device in the list of your sessions. */
    readonly device_name?: string | undefined;
    /** As at a log-in: by a device that is known, no mail tells of a new one. */
    readonly former_refresh_token?: string | undefined;
  };
  readonly PasskeyUser: {
    readonly id: string;
    readonly name: string;
    readonly displayName: string;
  } & Readonly<Record<string, unknown>>;
  readonly PasswordChange: {
    readonly status: 'password_changed';
  };
  readonly PasswordReset: {
    readonly status: 'password_changed';
  };
  readonly PasswordResetMail: {
    readonly status: 'reset_sent';
    readonly email: string;
  };
  readonly Pattern: {
    readonly id: string;
    /** Steps that follow each other; an error with what ended it; a rule that is said in several sessions. */
    readonly kind: 'workflow' | 'problem_solution' | 'practice';
    /** What its author calls it; else its own words. */
    readonly title: string;
    /** The member who had it extracted. */
    readonly author_id: string;
    /** At most that of the most private session that it is drawn from. */
    readonly level: 'private' | 'team' | 'organization';
    readonly team_id: string | null;
    /** The steps; the problem and its solution; or the statement. As the first source has them, cut to 300 characters each. */
    readonly texts: readonly string[];
    /** What it is about, of a closed list. */
    readonly tools: readonly ('adb' | 'alembic' | 'ansible' | 'aws' | 'az' | 'bazel' | 'brew' | 'bun' | 'bundle' | 'cargo' | 'celery' | 'cmake' | 'composer' | 'conda' | 'curl' | 'deno' | 'docker' | 'dotnet' | 'eslint' | 'expo' | 'fastlane' | 'ffmpeg' | 'firebase' | 'flutter' | 'gcloud' | 'gh' | 'git' | 'go' | 'gradle' | 'helm' | 'jest' | 'kubectl' | 'make' | 'mvn' | 'mysql' | 'nginx' | 'node' | 'npm' | 'php' | 'pip' | 'pip-audit' | 'playwright' | 'pnpm' | 'pod' | 'poetry' | 'prettier' | 'prisma' | 'psql' | 'pytest' | 'python' | 'rails' | 'redis-cli' | 'ruff' | 'sqlite3' | 'swift' | 'systemctl' | 'terraform' | 'tsc' | 'uv' | 'vite' | 'vitest' | 'webpack' | 'xcodebuild' | 'yarn')[];
    readonly sessions: number;
    /** 100 are kept at most. */
    readonly occurrences: number;
    /** Sessions with these steps in another order, or the problem with another solution. */
    readonly against: number;
    readonly helpful: number;
    readonly unhelpful: number;
    readonly your_rating: 'helpful' | 'unhelpful' | null;
    /** From 0 to 1: by sessions for and against it, and ratings. */
    readonly confidence: number;
    readonly created_at: string;
    readonly updated_at: string;
    readonly sources: readonly Schemas['PatternSource'][];
  };
  readonly PatternCount: {
    readonly kind: 'workflow' | 'problem_solution' | 'practice';
    readonly level: 'private' | 'team' | 'organization';
    readonly patterns: number;
    readonly accounts: number;
    readonly occurrences: number;
  };
  readonly PatternCounts: {
    readonly data: readonly Schemas['PatternCount'][];
  };
  readonly PatternQuote: {
    readonly message_id: string;
    /** Where it stands in the text, in UTF-16 units. */
    readonly span: readonly unknown[];
    readonly text: string;
  };
  readonly PatternSource: {
    readonly session_id: string;
    readonly quotes: readonly Schemas['PatternQuote'][];
  };
  readonly PatternSummary: {
    readonly id: string;
    /** Steps that follow each other; an error with what ended it; a rule that is said in several sessions. */
    readonly kind: 'workflow' | 'problem_solution' | 'practice';
    /** What its author calls it; else its own words. */
    readonly title: string;
    /** The member who had it extracted. */
    readonly author_id: string;
    /** At most that of the most private session that it is drawn from. */
    readonly level: 'private' | 'team' | 'organization';
    readonly team_id: string | null;
    /** The steps; the problem and its solution; or the statement. As the first source has them, cut to 300 characters each. */
    readonly texts: readonly string[];
    /** What it is about, of a closed list. */
    readonly tools: readonly ('adb' | 'alembic' | 'ansible' | 'aws' | 'az' | 'bazel' | 'brew' | 'bun' | 'bundle' | 'cargo' | 'celery' | 'cmake' | 'composer' | 'conda' | 'curl' | 'deno' | 'docker' | 'dotnet' | 'eslint' | 'expo' | 'fastlane' | 'ffmpeg' | 'firebase' | 'flutter' | 'gcloud' | 'gh' | 'git' | 'go' | 'gradle' | 'helm' | 'jest' | 'kubectl' | 'make' | 'mvn' | 'mysql' | 'nginx' | 'node' | 'npm' | 'php' | 'pip' | 'pip-audit' | 'playwright' | 'pnpm' | 'pod' | 'poetry' | 'prettier' | 'prisma' | 'psql' | 'pytest' | 'python' | 'rails' | 'redis-cli' | 'ruff' | 'sqlite3' | 'swift' | 'systemctl' | 'terraform' | 'tsc' | 'uv' | 'vite' | 'vitest' | 'webpack' | 'xcodebuild' | 'yarn')[];
    readonly sessions: number;
    /** 100 are kept at most. */
    readonly occurrences: number;
    /** Sessions with these steps in another order, or the problem with another solution. */
    readonly against: number;
    readonly helpful: number;
    readonly unhelpful: number;
    readonly your_rating: 'helpful' | 'unhelpful' | null;
    /** From 0 to 1: by sessions for and against it, and ratings. */
    readonly confidence: number;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly PayOutRequest: {
    /** A calendar month of UTC. */
    readonly period: string;
  };
  readonly Payee: {
    /** `restricted`: the payment provider asks for something first; open the page again. */
    readonly state: 'none' | 'onboarding' | 'payable' | 'restricted';
  };
  readonly PayeePage: {
    readonly url: string;
  };
  readonly PaymentConfirmation: {
    /** The provider’s page: send the customer there. */
    readonly confirm_url: string;
    readonly expires_at: string;
  };
  readonly Payout: {
    readonly id: string;
    /** A calendar month of UTC. */
    readonly period: string;
    /** By ISO 4217, in lower case. */
    readonly currency: string;
    /** Minor units. */
    readonly amount: number;
    /** `refused`: it is owed as before. */
    readonly state: 'open' | 'paid' | 'refused';
    readonly created_at: string;
    readonly account_id: string;
    /** null: the account was erased. */
    readonly name: string | null;
    /** The payment provider’s id. */
    readonly transfer: string | null;
    /** Why it was refused, in the provider’s word. */
    readonly code: string | null;
  };
  readonly PayoutDifference: {
    readonly payout: string | null;
    readonly transfer: string;
    /** By ISO 4217, in lower case. */
    readonly currency: string;
    /** What is with the payee by our books; null: we know no such transfer. */
    readonly ours: number | null;
    /** By the provider’s; null: it knows none. */
    readonly theirs: number | null;
  };
  readonly PayoutList: {
    readonly data: readonly Schemas['Payout'][];
    readonly next_cursor: string | null;
    /** The month that is being paid; null: no run is under way. */
    readonly running: string | null;
    readonly owed: readonly Schemas['OwedTotal'][];
    /** When the books were compared last. */
    readonly compared_at: string | null;
    readonly differences: readonly Schemas['PayoutDifference'][];
  };
  readonly PayoutRun: {
    readonly id: string;
    /** A calendar month of UTC. */
    readonly period: string;
    readonly state: 'running' | 'done';
    /** What was payable then is paid. */
    readonly as_of: string;
  };
  readonly PendingChange: {
    readonly plan: string;
    /** `monthly`, `yearly`, or of another length an ISO 8601 duration: `P3M`. */
    readonly cycle: string;
    readonly quantity: number;
    /** Where its payment is confirmed. */
    readonly confirm_url: string | null;
    /** It is forgotten then, and nothing is owed for it. */
    readonly expires_at: string;
  };
  readonly PendingPlugin: {
    /** Of the plugin. */
    readonly id: string;
    readonly version: string;
    readonly name: string;
    /** The account. */
    readonly developer: string;
    readonly is_checked: boolean;
    readonly is_blocked: boolean;
    readonly submitted_at: string;
  };
  readonly PendingPluginPage: {
    readonly data: readonly Schemas['PendingPlugin'][];
    readonly next_cursor: string | null;
  };
  readonly Permit: {
    readonly permit_id: string;
    readonly product: string;
    readonly feature: string;
    readonly units: number;
    readonly reserve_micros: number;
    readonly expires_at: string;
    readonly status: 'running';
  };
  readonly PermitPreview: {
    /** Whether a permit would be given at this moment. */
    readonly admitted: boolean;
    readonly product: string;
    readonly feature: string;
    readonly units: number;
    /** What would be reserved from the budgets. */
    readonly reserve_micros: number;
    /** The error that asking for a permit would be answered with. */
    readonly refusal: Schemas['PermitRefusal'] | null;
  };
  readonly PermitRefusal: {
    readonly code: string;
    readonly message: string;
    readonly details: Readonly<Record<string, unknown>>;
  };
  readonly PermitStatus: {
    readonly permit_id: string;
    readonly product: string;
    readonly feature: string;
    readonly units: number;
    readonly reserve_micros: number;
    readonly expires_at: string;
    readonly subject: string | null;
    /** `expired`: it was not closed in time; it counts as used until figures are reported. */
    readonly status: 'running' | 'settled' | 'voided' | 'expired';
    readonly reason: string | null;
    /** What is posted for it. */
    readonly cost_micros: number;
    /** Its reserve, because the actual cost was not reported. */
    readonly estimated: boolean;
    readonly created_at: string;
  };
  readonly Plan: {
    /** `product.plan`, as it is named everywhere. */
    readonly id: string;
    readonly product: string;
    readonly name: string;
    readonly price: Schemas['PlanPrice'];
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
  readonly PlanAction: {
    readonly type: 'create_record' | 'update_record' | 'delete_record' | 'index_document' | 'send_notification' | 'call_agent';
    readonly table: string | null;
    readonly data: Readonly<Record<string, unknown>> | null;
    readonly agent: string | null;
  };
  readonly PlanAmounts: {
    /** Minor units (cents; whole yen) a month; 0 is free. Of one seat, where a plan is sold by seats. */
    readonly monthly: number;
    /** For a year that is paid at once; null: it is not sold so. */
    readonly yearly: number | null;
  };
  readonly PlanComparison: {
    readonly name: string;
    readonly kind: 'quota' | 'credits' | 'burst' | 'cooldown' | 'concurrency' | 'budget' | 'gauge' | 'seats' | 'rate' | 'number' | 'boolean';
    readonly per: 'minute' | 'hour' | 'day' | 'week' | 'month' | 'billing_period' | null;
    readonly unit: 'uses' | 'seconds' | 'at_once' | 'micro_dollars' | 'amount' | 'bytes' | 'members' | null;
    /** Its size in each plan, by the plan’s id. */
    readonly plans: Readonly<Record<string, number | boolean | null>>;
  };
  readonly PlanList: {
    /** Whether plans can be bought here: without a payment provider they are given by hand alone. */
    readonly sold: boolean;
    /** Product by product, price ascending. */
    readonly data: readonly Schemas['Plan'][];
    readonly add_ons: readonly Schemas['AddOn'][];
    /** For each product, what its plans differ in. */
    readonly comparison: Readonly<Record<string, readonly Schemas['PlanComparison'][]>>;
  };
  readonly PlanPrice: {
    /** By ISO 4217, in lower case. */
    readonly currency: string;
    /** Minor units (cents; whole yen) a month; 0 is free. Of one seat, where a plan is sold by seats. */
    readonly monthly: number;
    /** For a year that is paid at once; null: it is not sold so. */
    readonly yearly: number | null;
    /** In other currencies: name one at the checkout. An account pays in one for as long as it has a plan. */
    readonly also: Readonly<Record<string, Schemas['PlanAmounts']>>;
  };
  readonly PlanSource: Schemas['PlanSourceUser'] | Schemas['PlanSourceRecords'] | Schemas['PlanSourceStep'];
  readonly PlanSourceRecords: {
    readonly from: 'records';
    /** Its own rows, as JSON. */
    readonly table: 'tasks' | 'checkpoints' | 'projects' | 'notes' | 'comments';
  };
  readonly PlanSourceStep: {
    /** The text of the step `data_from_step`. */
    readonly from: 'step';
  };
  readonly PlanSourceUser: {
    readonly from: 'user';
    /** What to ask the user for. */
    readonly label: string;
  };
  readonly PlanStep: {
    readonly action: 'create_record' | 'update_record' | 'delete_record' | 'index_document' | 'send_notification' | 'call_agent' | 'run_prompt';
    /** The id of a prompt; its text stays on the server. */
    readonly prompt_template: string | null;
    readonly variables: Readonly<Record<string, string | number | Schemas['PlanSource']>> | null;
    /** An earlier step whose result this one uses, counted from 0. */
    readonly data_from_step: number | null;
  };
  readonly Playbook: {
    readonly id: string;
    readonly title: string;
    /** The least plan that has it. */
    readonly tier: string;
    readonly agent: 'task_agent' | 'project_agent' | 'note_agent' | 'checkpoint_agent';
    readonly steps: readonly Schemas['PlanStep'][];
  };
  readonly PlaybookList: readonly Schemas['Playbook'][];
  readonly Plugin: {
    readonly id: string;
    readonly name: string;
    readonly category: string;
    /** Minor units, before tax; 0: it is free. */
    readonly price_cents: number;
    readonly currency: string;
    /** Accounts that have ever installed it. */
    readonly installs: number;
    readonly published_at: string | null;
    readonly description: string;
    /** The newest that is published. */
    readonly version: string;
    readonly author: string;
    readonly permissions: readonly string[];
    readonly ratings: Schemas['PluginRatings'];
    /** The newest first. */
    readonly versions: readonly Schemas['PluginVersion'][];
    /** Whether an account that does not have it can install it. */
    readonly offered: boolean;
    /** Its developer is gone: there will be no further version. */
    readonly orphaned: boolean;
    /** It was removed: delete what you have of it. */
    readonly removed_because: string | null;
    readonly installed: boolean;
    /** That the account was given last. */
    readonly installed_version: string | null;
    readonly bought: boolean;
    readonly my_stars: number | null;
  };
  readonly PluginCountersignature: {
    /** One of `GET /.well-known/plugin-keys`. */
    readonly key_id: string;
    /** What was approved. */
    readonly signed: Readonly<Record<string, unknown>>;
    /** Ed25519 over `signed` in the form of RFC 8785, in base64. */
    readonly signature: string;
  };
  readonly PluginInstallRequest: {
    /** The one of the path. */
    readonly plugin_id: string;
    readonly accept_permissions?: readonly string[] | undefined;
    /** The `price_cents` and `currency` that were shown; needed where the plugin is bought. */
    readonly agreed?: Schemas['AgreedPluginPrice'] | undefined;
  };
  readonly PluginInstalled: {
    readonly ok: true;
    readonly download_url: string;
    /** Until then `download_url` is good. */
    readonly expires_at: string;
    readonly version: string;
    /** Of the package, in hex. */
    readonly sha256: string;
    /** Ed25519 of its developer over the 32 bytes of `sha256`, in base64. */
    readonly signature: string;
    /** Of its developer, in PEM. */
    readonly public_key: string;
    readonly countersignature: Schemas['PluginCountersignature'];
  };
  readonly PluginList: {
    readonly plugins: readonly Schemas['PluginListing'][];
    /** On all pages. */
    readonly total: number;
    readonly page: number;
  };
  readonly PluginListing: {
    readonly id: string;
    readonly name: string;
    readonly category: string;
    /** Minor units, before tax; 0: it is free. */
    readonly price_cents: number;
    readonly currency: string;
    /** Accounts that have ever installed it. */
    readonly installs: number;
    readonly published_at: string | null;
    readonly description: string;
    /** The newest that is published. */
    readonly version: string;
    readonly author: string;
    readonly permissions: readonly string[];
    readonly ratings: Schemas['PluginRatings'];
  };
  readonly PluginManifest: {
    /** Lower-case letters, digits and hyphens. */
    readonly id: string;
    readonly name: string;
    readonly description: string;
    /** Semantic versioning, of three numbers: `1.4.0`. */
    readonly version: string;
    readonly author: string;
    readonly permissions: readonly string[];
    readonly category: 'productivity' | 'projects' | 'notes' | 'communication' | 'calendar' | 'research' | 'business' | 'developer_tools';
    readonly price_cents: number;
  };
  readonly PluginRated: {
    readonly ok: true;
    readonly ratings: Schemas['PluginRatings'];
  };
  readonly PluginRatingRequest: {
    readonly stars: number;
  };
  readonly PluginRatings: {
    /** Of 1 to 5 stars, to two digits; null: nobody has rated it. */
    readonly average: number | null;
    readonly count: number;
  };
  readonly PluginSigningKey: {
    readonly key_id: string;
    readonly kind: 'rsa-4096' | 'ed25519';
  };
  readonly PluginVersion: {
    readonly version: string;
    readonly permissions: readonly string[];
    readonly bytes: number;
    readonly published_at: string;
  };
  readonly PortalSession: {
    readonly portal_url: string;
  };
  readonly PresentUser: {
    readonly user_id: string;
    readonly full_name: string | null;
    readonly since: string;
    /** The section that they are editing. */
    readonly section_id: string | null;
  };
  readonly PresignDocumentRequest: {
    /** As it is shown, and saved when it is downloaded. What the file is, its content says. */
    readonly name: string;
    readonly type: 'application/pdf' | 'application/vnd.openxmlformats-officedocument.wordprocessingml.document' | 'text/markdown' | 'text/plain' | 'text/html' | 'image/png' | 'image/jpeg';
    /** All of it; `file_bytes` of the plan at most. */
    readonly bytes: number;
    /** Of all bytes, in hex. Another file than this one is refused. */
    readonly sha256: string;
    readonly scope_id?: string | undefined;
    readonly project_id?: string | undefined;
    /** For large files: sent in parts of 16 MiB. */
    readonly parts?: boolean | undefined;
    /** The workspace; it must be the account that the call is for. */
    readonly workspace_id?: string | undefined;
  };
  readonly PresignedDocument: {
    readonly document: Schemas['Document'];
    /** How to send the file. null where the call is repeated with its Idempotency-Key: delete the document, and begin anew. */
    readonly upload: Schemas['SignedUpload'] | Schemas['SignedParts'] | null;
  };
  readonly PrivacyPolicies: {
    readonly changed: readonly string[];
  };
  readonly PrivacyPoliciesRequest: {
    readonly account_ids: readonly string[];
    readonly platform_statistics: false;
  };
  readonly PrivacyRelease: {
    readonly product: string;
    readonly starts_on: string;
    /** The day after its last one. */
    readonly ends_on: string;
    /** A fraction: `1/2`. */
    readonly epsilon: string;
    /** To how many kinds one account adds at most 1. */
    readonly most_kinds: number;
    readonly minimum_group: number;
    /** How many the closed list has: each got noise. */
    readonly kinds: number;
    /** How many reached the minimum group, noise included. */
    readonly shown: number;
    /** A fraction: `1/2`. */
    readonly period_spent: string;
    /** A fraction: `1/2`. */
    readonly period_left: string;
    readonly released_at: string;
  };
  readonly PrivacyReleasePage: {
    readonly data: readonly Schemas['PrivacyRelease'][];
    readonly next_cursor: string | null;
  };
  readonly PrivacySettings: {
    /** Whether the account counts in what is released to all customers, as counts with noise. */
    readonly platform_statistics: boolean;
    readonly since: string | null;
  };
  readonly ProceedsResult: {
    readonly source: string;
    readonly source_id: string;
    readonly status: 'recorded' | 'known';
  };
  readonly ProceedsResultList: {
    readonly data: readonly Schemas['ProceedsResult'][];
  };
  readonly Profile: {
    readonly display_name: string | null;
    readonly locale: string | null;
    readonly time_zone: string;
    readonly pronouns: string | null;
    readonly focus_areas: readonly string[];
    readonly consents: Schemas['Consents'];
    /** Counts your changes; the ETag of the profile. */
    readonly version: number;
  };
  readonly Project: {
    readonly id: string;
    readonly name: string;
    readonly client_name: string | null;
    /** Archived since then; null: in use. */
    readonly archived_at: string | null;
    readonly created_by: string;
    /** Counts its changes; the ETag of the project. */
    readonly version: number;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly ProjectPage: {
    readonly data: readonly Schemas['Project'][];
    readonly next_cursor: string | null;
  };
  readonly ProviderFailure: {
    readonly outcome: 'served' | 'unusable' | 'rate_limited' | 'refused' | 'failed' | 'timeout' | 'unreachable' | 'lost' | 'hung_up';
    readonly at: string;
  };
  readonly ProviderHealth: {
    readonly provider: string;
    readonly model: string;
    /** Of the process that answers. `open`: it calls this model no more. null: it is not configured there. */
    readonly breaker: 'closed' | 'open' | 'half_open' | null;
    /** For how long that process still waits, because the provider asked it to. */
    readonly throttled_ms: number;
    /** How the calls of that process ended since it began. */
    readonly outcomes: Readonly<Record<'served' | 'unusable' | 'rate_limited' | 'refused' | 'failed' | 'timeout' | 'unreachable' | 'lost' | 'hung_up', number>>;
    /** Its last call that was not served. */
    readonly last_failure: Schemas['ProviderFailure'] | null;
    /** Of all processes: calls under permits of the last hour. */
    readonly ledger: Schemas['ProviderLedger'];
  };
  readonly ProviderLedger: {
    readonly calls: number;
    readonly posted: number;
    /** Not served, and not billed. */
    readonly voided: number;
    /** Posted at the most that they may have cost. */
    readonly estimated: number;
    /** Under way. */
    readonly open: number;
    /** Made after a call of another model was voided, for the same permit. */
    readonly fallbacks: number;
    /** Microseconds. */
    readonly median_run_us: number | null;
    /** Microseconds. */
    readonly p95_run_us: number | null;
    readonly last_at: string | null;
  };
  readonly ProvidersHealth: {
    /** The process that answers, as permits name their holder. */
    readonly process: string;
    readonly data: readonly Schemas['ProviderHealth'][];
  };
  readonly PubSubMessage: {
    readonly data: string;
    readonly messageId: string;
  } & Readonly<Record<string, unknown>>;
  readonly PublicTemplateList: {
    readonly data: readonly Schemas['TemplateSummary'][];
  };
  readonly PurchaseNames: {
    /** StoreKit’s `appAccountToken`. */
    readonly app_account_token: string;
    /** Google Play’s `setObfuscatedAccountId`. */
    readonly obfuscated_account_id: string;
  };
  readonly QueuedGeneration: {
    readonly generation_id: string;
    readonly draft_id: string;
    readonly status: 'queued';
    readonly status_url: string;
  };
  readonly QueuedPatterns: {
    readonly job_id: string;
    readonly status_url: string;
  };
  readonly QueuedScopeExport: {
    readonly export_id: string;
    readonly scope_id: string;
    readonly format: 'pdf' | 'docx' | 'markdown';
    readonly status: string;
    /** Whether it was there before: then it is not charged again. */
    readonly reused: boolean;
    readonly status_url: string;
  };
  readonly RatePattern: {
    readonly rating: 'helpful' | 'unhelpful' | null;
  };
  readonly RatedTurn: {
    readonly id: string;
    /** The thought as you wrote it. */
    readonly original: string;
    /** The habit of thought that bends it, if one does. */
    readonly distortion: 'all_or_nothing' | 'overgeneralization' | 'mental_filter' | 'discounting_the_positive' | 'mind_reading' | 'fortune_telling' | 'catastrophizing' | 'emotional_reasoning' | 'should_statements' | 'labeling' | 'personalization' | null;
    /** The same, seen from another side. */
    readonly turn: string;
    /** A question to go on with. */
    readonly question: string;
    readonly style: 'gentle' | 'direct' | 'playful';
    readonly safety: Schemas['Safety'];
    readonly helpful: boolean | null;
    readonly feedback: string | null;
    readonly created_at: string;
    readonly support: Schemas['SafetySupport'] | null;
  };
  readonly ReadDecision: Schemas['Decision'] | Schemas['MemoryMarkdown'];
  readonly RecordChange: {
    readonly id: string;
    readonly table: string;
    readonly deleted: boolean;
    readonly checksum: string;
    /** Milliseconds since 1970. */
    readonly created_at: number;
    /** Milliseconds since 1970. */
    readonly updated_at: number;
    /** Bytes; of a deleted one, those that it had. */
    readonly size: number;
    /** It grows with each change, and is never given again: the ETag. */
    readonly version: number;
  };
  readonly RecordChanges: {
    readonly changes: readonly Schemas['RecordChange'][];
    /** Where you go on. */
    readonly next: string;
    /** There is more at once. */
    readonly more: boolean;
  };
  readonly RecordCreated: {
    readonly id: string;
    /** Milliseconds since 1970. */
    readonly created_at: number;
  };
  readonly RecordList: readonly Schemas['RecordMeta'][];
  readonly RecordMeta: {
    readonly id: string;
    readonly table: string;
    /** SHA-256 of its bytes, in hex. */
    readonly checksum: string;
    /** Milliseconds since 1970. */
    readonly created_at: number;
    /** Milliseconds since 1970. */
    readonly updated_at: number;
    /** Bytes. */
    readonly size: number;
    /** It grows with each change, and is never given again: the ETag. */
    readonly version: number;
  };
  readonly RecordProceedsRequest: {
    readonly account_id: string;
    readonly sales: readonly Schemas['Sale'][];
  };
  readonly RecordPut: {
    readonly ok: true;
    /** It grows with each change, and is never given again: the ETag. */
    readonly version: number;
    /** Milliseconds since 1970. */
    readonly updated_at: number;
  };
  readonly RecordReplaced: {
    readonly ok: true;
    /** It grows with each change, and is never given again: the ETag. */
    readonly version: number;
    /** Milliseconds since 1970. */
    readonly updated_at: number;
  };
  readonly RecordVersion: {
    readonly id: string;
    readonly table: string;
    /** The bytes, in base64. */
    readonly blob: string;
    /** Their SHA-256, in hex. */
    readonly checksum: string;
    /** The version that it takes the place of; 0: there is none. */
    readonly if_version: number;
  };
  readonly RecordWithBytes: {
    readonly id: string;
    readonly table: string;
    /** SHA-256 of its bytes, in hex. */
    readonly checksum: string;
    /** Milliseconds since 1970. */
    readonly created_at: number;
    /** Milliseconds since 1970. */
    readonly updated_at: number;
    /** Bytes. */
    readonly size: number;
    /** It grows with each change, and is never given again: the ETag. */
    readonly version: number;
    readonly blob: string;
  };
  readonly RecordWriteError: {
    readonly code: string;
    readonly message: string;
  };
  readonly RecordWriteResult: {
    readonly id: string;
    readonly status: 'written' | 'refused';
    /** It grows with each change, and is never given again: the ETag. */
    readonly version?: number;
    /** Milliseconds since 1970. */
    readonly updated_at?: number;
    readonly error?: Schemas['RecordWriteError'];
  };
  readonly RecordsRead: {
    readonly ids: readonly string[];
  };
  readonly RecordsReply: {
    readonly data: readonly Schemas['RecordWithBytes'][];
    readonly left: readonly string[];
  };
  readonly RecordsWrite: {
    readonly records: readonly Schemas['RecordVersion'][];
  };
  readonly RecordsWritten: {
    readonly data: readonly Schemas['RecordWriteResult'][];
  };
  readonly RecoveryCodes: {
    /** Shown once: null where the call is repeated with its Idempotency-Key. */
    readonly recovery_codes: readonly string[] | null;
  };
  readonly RecurringRevenue: {
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
  };
  readonly RecurringRevenueReport: {
    /** The first day. */
    readonly from: string;
    /** The day after the last. */
    readonly until: string;
    readonly zone: string;
    readonly data: readonly Schemas['RecurringRevenue'][];
    readonly next_cursor: string | null;
  };
  readonly RefinedSentence: {
    readonly text: string;
    /** The messages that say so. */
    readonly message_ids: readonly string[];
  };
  readonly RefinedSummary: {
    readonly sentences: readonly Schemas['RefinedSentence'][];
    /** Of how many messages it is. */
    readonly messages: number;
  };
  readonly RefreshRequest: {
    /** Needed unless the call says `Plinth-Session: cookie`: then it is in the cookie alone. */
    readonly refresh_token?: string | undefined;
  };
  readonly RegenerateRequest: {
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
  readonly RegisterRequest: {
    readonly email: string;
    readonly password: string;
    readonly full_name?: string | undefined;
    readonly company_name?: string | undefined;
  };
  readonly Registration: {
    readonly status: 'verification_sent';
    readonly email: string;
  };
  readonly RejectPluginRequest: {
    readonly version: string;
    readonly decision: 'reject';
    /** The reason: the developer is told it by mail. */
    readonly notes: string;
  };
  readonly ReleasePermitRequest: {
    /** A word for the ledger, and no text of a user’s. */
    readonly reason?: string | undefined;
  };
  readonly ReleasedPattern: {
    readonly level: 'platform';
    readonly kind: 'workflow' | 'problem_solution' | 'practice';
    /** Null: patterns of no tool. */
    readonly tool: 'adb' | 'alembic' | 'ansible' | 'aws' | 'az' | 'bazel' | 'brew' | 'bun' | 'bundle' | 'cargo' | 'celery' | 'cmake' | 'composer' | 'conda' | 'curl' | 'deno' | 'docker' | 'dotnet' | 'eslint' | 'expo' | 'fastlane' | 'ffmpeg' | 'firebase' | 'flutter' | 'gcloud' | 'gh' | 'git' | 'go' | 'gradle' | 'helm' | 'jest' | 'kubectl' | 'make' | 'mvn' | 'mysql' | 'nginx' | 'node' | 'npm' | 'php' | 'pip' | 'pip-audit' | 'playwright' | 'pnpm' | 'pod' | 'poetry' | 'prettier' | 'prisma' | 'psql' | 'pytest' | 'python' | 'rails' | 'redis-cli' | 'ruff' | 'sqlite3' | 'swift' | 'systemctl' | 'terraform' | 'tsc' | 'uv' | 'vite' | 'vitest' | 'webpack' | 'xcodebuild' | 'yarn' | null;
    /** About how many accounts have such patterns: with noise. */
    readonly accounts: number;
    readonly starts_on: string;
    /** The day after the last one of the month. */
    readonly ends_on: string;
  };
  readonly ReleasedPermit: {
    readonly permit_id: string;
    readonly status: 'voided';
  };
  readonly RelevantContext: Schemas['MemoryContext'] | Schemas['MemoryContextMarkdown'];
  readonly RemovePluginRequest: {
    readonly reason: string;
  };
  readonly RenamePasskeyRequest: {
    readonly name: string;
  };
  readonly ReplayDeliveriesRequest: {
    readonly event_id?: string | undefined;
    readonly since?: string | undefined;
    readonly until?: string | undefined;
    readonly include_delivered?: boolean | undefined;
  };
  readonly ReplayInboxRequest: {
    readonly event_ids?: readonly string[] | undefined;
    readonly since?: string | undefined;
    readonly until?: string | undefined;
    /** All objects that `GET /v1/admin/billing/inbox/dead` lists. */
    readonly dead?: true | undefined;
    /** One of them. */
    readonly dead_object?: Schemas['DeadInboxObject'] | undefined;
  };
  readonly ReportUsageEventsRequest: {
    readonly events: readonly Schemas['UsageEventReport'][];
  };
  readonly ResendRestoreRequest: {
    readonly email: string;
  };
  readonly ResendVerificationRequest: {
    readonly email: string;
  };
  readonly ResetPasswordRequest: {
    readonly token: string;
    readonly password: string;
  };
  readonly RestoreMail: {
    readonly status: 'restore_sent';
    readonly email: string;
  };
  readonly RestoreUserRequest: {
    readonly token: string;
  };
  readonly RestoredUser: {
    readonly status: 'restored';
  };
  readonly ResumeSubscriptionRequest: {
    /** Needed where the account has subscriptions of several products. */
    readonly product?: string | undefined;
    /** `price` and `quantity` as the subscription was shown. Another price now is 409 `price_changed`. */
    readonly agreed: Schemas['AgreedRecurringPrice'];
  };
  readonly Revenue: {
    readonly month?: string;
    readonly account_id?: string | null;
    readonly account_name?: string | null;
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
    /** What providers kept. */
    readonly fee_minor: number;
    readonly tax_minor: number;
    /** gross − fee − tax */
    readonly net_minor: number;
    /** Of how many sales the provider has not said yet what it kept. */
    readonly fees_missing: number;
  };
  readonly RevenueReport: {
    /** The first day. */
    readonly from: string;
    /** The day after the last. */
    readonly until: string;
    readonly zone: string;
    readonly data: readonly Schemas['Revenue'][];
    readonly next_cursor: string | null;
  };
  readonly ReviewPluginRequest: Schemas['ApprovePluginRequest'] | Schemas['RejectPluginRequest'];
  readonly ReviewedPlugin: {
    readonly id: string;
    readonly name: string;
    readonly category: string;
    /** Minor units, before tax; 0: it is free. */
    readonly price_cents: number;
    readonly currency: string;
    /** Accounts that have ever installed it. */
    readonly installs: number;
    readonly published_at: string | null;
    readonly state: 'draft' | 'offered' | 'withdrawn' | 'removed';
    /** false: it is paid, and you can’t be paid yet. It is not offered. */
    readonly is_payable: boolean;
    /** That is published; null: none yet. */
    readonly version: string | null;
    readonly ratings: number;
    /** Of all ratings together. */
    readonly stars: number;
    readonly removed_because: string | null;
    readonly created_at: string;
    readonly author: string;
    /** The account; null: it is gone. */
    readonly developer: string | null;
    /** The highest first; the last 100. */
    readonly versions: readonly Schemas['ReviewedPluginVersion'][];
  };
  readonly ReviewedPluginVersion: {
    readonly version: string;
    readonly state: 'pending_upload' | 'pending_review' | 'approved' | 'rejected' | 'withdrawn' | 'removed';
    readonly sha256: string;
    readonly bytes: number;
    readonly permissions: readonly string[];
    readonly price_cents: number;
    readonly key_id: string | null;
    /** A hard check failed. */
    readonly is_blocked: boolean;
    /** null: not checked yet. */
    readonly checklist: readonly Schemas['PackageCheck'][] | null;
    /** Of the review. */
    readonly notes: string | null;
    readonly submitted_at: string | null;
    readonly reviewed_at: string | null;
    readonly created_at: string;
    readonly manifest: Schemas['PluginManifest'];
    /** null: not checked yet, or nothing to review. */
    readonly files: readonly Schemas['PackageFile'][] | null;
    /** Against the version that was approved last. */
    readonly changed_files: readonly Schemas['ChangedPackageFile'][] | null;
  };
  readonly RevokedPlugin: {
    readonly id: string;
    readonly version: string;
    readonly sha256: string;
    readonly removed_at: string;
  };
  readonly RevokedPluginList: {
    readonly issued_at: string;
    readonly plugins: readonly Schemas['RevokedPlugin'][];
  };
  readonly RevokedPlugins: {
    readonly list: Schemas['RevokedPluginList'];
    readonly key_id: string;
    readonly signature: string;
  };
  readonly RotateLicenseSigningKeyRequest: {
    readonly kind: 'rsa-4096' | 'ed25519';
  };
  readonly RotateWebhookSecretRequest: {
    readonly overlap_hours?: number | undefined;
  };
  readonly RunStepRequest: {
    readonly prompt_template: string;
    readonly variables: Readonly<Record<string, string | number>>;
  };
  readonly Safety: {
    readonly status: 'ok' | 'caution' | 'concern' | 'crisis';
    readonly kinds: readonly ('wish_to_be_dead' | 'active_thoughts' | 'method' | 'intent' | 'plan' | 'preparatory_acts' | 'attempt_past' | 'attempt_now' | 'self_injury' | 'eating_disorder' | 'violence' | 'abuse' | 'medical_emergency')[];
  };
  readonly SafetyFigures: {
    readonly days: readonly Schemas['SafetySum'][];
    readonly products: readonly Schemas['SafetySum'][];
    readonly kinds: readonly Schemas['SafetySum'][];
  };
  readonly SafetySum: {
    /** The day in UTC, the key of the product, or the kind. */
    readonly name: string;
    /** Findings in what people wrote, by the rules or by the provider’s moderation. */
    readonly crisis: number;
    readonly concern: number;
    readonly caution: number;
    /** Of these three: answered with words and helplines, in place of the product’s answer or beside it. */
    readonly helplines: number;
    /** Of these three: the caller had said `X-I-Am-Safe: true`. */
    readonly said_safe: number;
    /** Replies of models, or parts of them, that were not fit to be shown. */
    readonly replies: number;
    /** Texts that the provider’s moderation did not look at: it did not answer. */
    readonly unmoderated: number;
  };
  readonly SafetySupport: {
    readonly message: string;
    readonly helplines: readonly Schemas['Helpline'][];
  };
  readonly Sale: {
    readonly product: string;
    /** `reel.pro` */
    readonly plan?: string | null | undefined;
    /** ISO 4217. */
    readonly currency: string;
    /** What the customer paid, tax included; of a refund, below 0. */
    readonly gross_minor: number;
    /** What the provider kept. */
    readonly fee_minor?: number | undefined;
    readonly tax_minor?: number | undefined;
    readonly occurred_at: string;
    readonly source?: 'manual' | 'stripe' | 'app_store' | 'google_play' | undefined;
    /** The provider’s own id. The same one again is the same sale. */
    readonly source_id: string;
  };
  readonly SaleProceeds: {
    readonly product: string;
    /** `reel.pro` */
    readonly plan: string | null;
    /** ISO 4217. */
    readonly currency: string;
    /** What the customer paid, tax included; of a refund, below 0. */
    readonly gross_minor: number;
    /** What the provider kept. */
    readonly fee_minor: number;
    readonly tax_minor: number;
    readonly occurred_at: string;
    readonly source: 'manual' | 'stripe' | 'app_store' | 'google_play';
    /** The provider’s own id. The same one again is the same sale. */
    readonly source_id: string;
    readonly id: string;
    readonly account_id: string;
    /** gross − fee − tax */
    readonly net_minor: number;
    readonly created_at: string;
  };
  readonly SaleProceedsPage: {
    readonly data: readonly Schemas['SaleProceeds'][];
    readonly next_cursor: string | null;
  };
  readonly SaveAssetRequest: {
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
  readonly ScheduledChange: {
    readonly plan: string;
    /** `monthly`, `yearly`, or of another length an ISO 8601 duration: `P3M`. */
    readonly cycle: string;
    readonly quantity: number;
    readonly at: string;
  };
  readonly Scope: {
    readonly id: string;
    readonly project_id: string | null;
    readonly title: string;
    readonly client_name: string | null;
    readonly status: 'draft' | 'in_review' | 'approved' | 'sent' | 'archived';
    readonly summary: string;
    /** Of what was extracted, 0 to 1; null: nothing was. */
    readonly confidence: number | null;
    /** By ISO 4217. */
    readonly currency: string;
    readonly created_by: string;
    /** Counts changes of the scope and of its sections; the ETag of the scope. */
    readonly version: number;
    readonly created_at: string;
    readonly updated_at: string;
    /** In the trash since then; null: in use. */
    readonly deleted_at: string | null;
  };
  readonly ScopeActivity: {
    readonly id: string;
    readonly workspace_id: string;
    /** `scope.created`, `document.uploaded`, `comment.added`, `scope.status_changed` … */
    readonly kind: string;
    /** null: of the workspace. Without a title it is deleted. */
    readonly scope: Schemas['ActivityScope'] | null;
    /** Who did it; null: the server. */
    readonly user_id: string | null;
    /** Ids, versions and names of fields. */
    readonly data: Readonly<Record<string, unknown>>;
    readonly created_at: string;
  };
  readonly ScopeActivityPage: {
    readonly data: readonly Schemas['ScopeActivity'][];
    readonly next_cursor: string | null;
  };
  readonly ScopeAnalysis: {
    readonly id: string;
    readonly scope_id: string;
    /** The section, of suggestions. */
    readonly section_id: string | null;
    readonly kind: 'suggest' | 'analyze';
    /** Of the section or scope that it is about. */
    readonly version: number;
    readonly status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
    readonly result: Schemas['ScopeAnalysisResult'] | null;
    /** Why it failed; its call was given back. */
    readonly error?: Schemas['ScopeAnalysisError'];
    readonly request_id: string;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly ScopeAnalysisError: {
    readonly code: string;
    readonly message: string;
  };
  readonly ScopeAnalysisPage: {
    readonly data: readonly Schemas['ScopeAnalysis'][];
    readonly next_cursor: string | null;
  };
  readonly ScopeAnalysisResult: {
    readonly suggestions?: readonly Schemas['SectionSuggestion'][];
    readonly risks?: readonly Schemas['ScopeFinding'][];
    readonly gaps?: readonly Schemas['ScopeFinding'][];
    readonly contradictions?: readonly Schemas['ScopeFinding'][];
  };
  readonly ScopeChange: {
    /** The scope’s changes are numbered, without gaps. */
    readonly seq: number;
    /** `section.updated`, `comment.added` … */
    readonly kind: string;
    /** Ids, versions and names of fields. */
    readonly data: Readonly<Record<string, unknown>>;
    /** Who did it; null: the server. */
    readonly user_id: string | null;
    readonly created_at: string;
  };
  readonly ScopeCitation: {
    readonly document_id: string;
    readonly page: number;
    readonly quote: string;
  };
  readonly ScopeDiff: {
    /** 0: there was nothing yet. */
    readonly from: number;
    readonly to: number;
    readonly fields: readonly Schemas['FieldDiff'][];
    readonly sections: readonly Schemas['SectionDiff'][];
  };
  readonly ScopeEvents: {
    /** The number of the last change. */
    readonly seq: number;
    /** You missed more than is kept: read the scope anew. */
    readonly reset: boolean;
    /** Those after `after`; none without it. */
    readonly changes: readonly Schemas['ScopeChange'][];
    readonly here: Schemas['ScopePresence'];
  };
  readonly ScopeExport: {
    readonly id: string;
    readonly scope_id: string;
    /** The version that the file shows. */
    readonly scope_version: number;
    readonly format: 'pdf' | 'docx' | 'markdown';
    readonly citations: boolean;
    readonly status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
    readonly error: Schemas['ExportError'] | null;
    readonly bytes: number | null;
    /** What the file could not show. */
    readonly missing: readonly Schemas['MissingFromExport'][];
    /** When the file is deleted, unless somebody asks for it again. */
    readonly expires_at: string;
    readonly created_at: string;
  };
  readonly ScopeExportFile: {
    readonly id: string;
    readonly scope_id: string;
    /** The version that the file shows. */
    readonly scope_version: number;
    readonly format: 'pdf' | 'docx' | 'markdown';
    readonly citations: boolean;
    readonly status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
    readonly error: Schemas['ExportError'] | null;
    readonly bytes: number | null;
    /** What the file could not show. */
    readonly missing: readonly Schemas['MissingFromExport'][];
    /** When the file is deleted, unless somebody asks for it again. */
    readonly expires_at: string;
    readonly created_at: string;
    readonly download: Schemas['SignedLink'] | null;
  };
  readonly ScopeExportPage: {
    readonly data: readonly Schemas['ScopeExport'][];
    readonly next_cursor: string | null;
  };
  readonly ScopeFinding: {
    readonly title: string;
    readonly detail: string;
    readonly severity: 'high' | 'medium' | 'low';
    readonly section_ids: readonly string[];
  };
  readonly ScopeList: {
    readonly data: readonly string[];
  };
  readonly ScopePage: {
    readonly data: readonly Schemas['Scope'][];
    readonly next_cursor: string | null;
  };
  readonly ScopePresence: {
    /** How many people have the scope open. */
    readonly count: number;
    /** Who came first, first; 100 of them at most. */
    readonly users: readonly Schemas['PresentUser'][];
  };
  readonly ScopeSection: {
    readonly id: string;
    readonly scope_id: string;
    readonly type: 'overview' | 'objectives' | 'deliverables' | 'timeline' | 'budget' | 'assumptions' | 'exclusions' | 'risks' | 'acceptance' | 'other';
    readonly title: string;
    /** Markdown. */
    readonly content: string;
    /** Dates, durations and money that stand in it, parsed. */
    readonly fields: Readonly<Record<string, unknown>>;
    /** Of what was extracted, 0 to 1; null: a person wrote it. */
    readonly confidence: number | null;
    /** Its place in the documents; null: none was given. */
    readonly citations: readonly Schemas['ScopeCitation'][] | null;
    /** Its place in the scope: compared by bytes, ties broken by id. */
    readonly rank: string;
    /** Counts changes of its text; the ETag of the section. */
    readonly version: number;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly ScopeSectionList: {
    readonly data: readonly Schemas['ScopeSection'][];
  };
  readonly ScopeVersion: {
    /** The version of the scope. */
    readonly number: number;
    readonly cause: 'created' | 'edited' | 'duplicated' | 'status_changed' | 'extracted' | 'template_applied';
    readonly created_by: string | null;
    /** Of the first change that it holds. */
    readonly began_at: string;
    /** Of the last one. */
    readonly created_at: string;
    readonly scope: Schemas['KeptScope'];
  };
  readonly ScopeVersionSummary: {
    /** The version of the scope. */
    readonly number: number;
    readonly cause: 'created' | 'edited' | 'duplicated' | 'status_changed' | 'extracted' | 'template_applied';
    readonly created_by: string | null;
    /** Of the first change that it holds. */
    readonly began_at: string;
    /** Of the last one. */
    readonly created_at: string;
  };
  readonly ScopeVersionSummaryPage: {
    readonly data: readonly Schemas['ScopeVersionSummary'][];
    readonly next_cursor: string | null;
  };
  readonly ScopeWithSections: {
    readonly id: string;
    readonly project_id: string | null;
    readonly title: string;
    readonly client_name: string | null;
    readonly status: 'draft' | 'in_review' | 'approved' | 'sent' | 'archived';
    readonly summary: string;
    /** Of what was extracted, 0 to 1; null: nothing was. */
    readonly confidence: number | null;
    /** By ISO 4217. */
    readonly currency: string;
    readonly created_by: string;
    /** Counts changes of the scope and of its sections; the ETag of the scope. */
    readonly version: number;
    readonly created_at: string;
    readonly updated_at: string;
    /** In the trash since then; null: in use. */
    readonly deleted_at: string | null;
    readonly sections: readonly Schemas['ScopeSection'][];
  };
  readonly SectionDiff: {
    readonly id: string;
    readonly change: 'added' | 'removed' | 'changed' | 'moved';
    readonly type: 'overview' | 'objectives' | 'deliverables' | 'timeline' | 'budget' | 'assumptions' | 'exclusions' | 'risks' | 'acceptance' | 'other';
    readonly title: string;
    /** Its place, from 1; null: it was not there. */
    readonly before_position: number | null;
    readonly after_position: number | null;
    readonly fields: readonly Schemas['FieldDiff'][];
    readonly lines: readonly Schemas['DiffLine'][];
    /** How many more there are: a diff shows 10,000 lines and 1,000,000 characters at most. */
    readonly lines_left_out: number;
  };
  readonly SectionSuggestion: {
    readonly kind: 'clarify' | 'add' | 'remove' | 'rewrite';
    readonly title: string;
    /** Words to put into the section; of `remove`, to take out. */
    readonly text: string;
    readonly reason: string;
  };
  readonly Session: {
    readonly id: string;
    /** What you call the device, or what its user agent says it is. */
    readonly name: string;
    readonly ip: string;
    readonly user_agent: string;
    readonly created_at: string;
    readonly last_used_at: string;
    readonly current: boolean;
  };
  readonly SessionPage: {
    readonly data: readonly Schemas['Session'][];
    readonly next_cursor: string | null;
  };
  readonly SetOverageRequest: {
    readonly product: string;
    readonly limit: string;
    /** Units past the plan’s own size, in each window. */
    readonly most: number;
    /** As the list shows them; needed unless `most` is 0. Another price now is 409 `price_changed`. */
    readonly agreed?: Schemas['AgreedOveragePrice'] | undefined;
  };
  readonly SetScopeStatusRequest: {
    readonly status: 'draft' | 'in_review' | 'approved' | 'sent' | 'archived';
    /** Whether a scope is approved or sent although documents contradict each other in it. */
    readonly despite_conflicts?: boolean | undefined;
  };
  readonly SetSsoConnectionRequest: {
    /** As the provider’s discovery document names itself, not that document’s address; https. */
    readonly issuer: string;
    readonly client_id: string;
    /** Whether members with an address in a proven domain must come by it; owners may come otherwise. */
    readonly enforced: boolean;
    /** Whether users who sign in through it become members. */
    readonly provisions: boolean;
    readonly default_role: 'viewer' | 'member';
    readonly client_secret?: string | undefined;
  };
  readonly Setting: {
    readonly name: string;
    readonly group: string;
    readonly says: string;
    readonly is_secret: boolean;
    readonly is_set: boolean;
    /** null: it is not set, or a secret. */
    readonly value: string | null;
  };
  readonly SettingsInEffect: {
    readonly data: readonly Schemas['Setting'][];
    /** What is in effect of AI_CONFIG, and of what comes with the program. */
    readonly ai: readonly Schemas['AiSetting'][];
  };
  readonly SettlePermitRequest: {
    /** Fewer than admitted: the rest goes back. 0: the work failed after it had cost something. */
    readonly units?: number | undefined;
    /** Priced by the catalogue of this server, unless `cost_micros` says what it cost. */
    readonly usage?: Schemas['ModelUsage'] | undefined;
    /** Micro-dollars, taken as they are. */
    readonly cost_micros?: number | undefined;
  };
  readonly SettledPermit: {
    readonly permit_id: string;
    readonly status: 'settled';
    readonly units: number;
    readonly cost_micros: number;
  };
  readonly SignInAnswer: Schemas['TokenPair'] | Schemas['MfaChallenge'];
  readonly SignInLinkRequest: {
    readonly code: string;
    /** What you call this device in the list of your sessions. */
    readonly device_name?: string | undefined;
  };
  readonly SignInMethods: {
    readonly password: boolean;
    readonly passkey: boolean;
    /** Whether browsers can sign in by Google. */
    readonly google: boolean;
    /** Whether an organization signs its people in by its own provider. */
    readonly sso: boolean;
    /** Whether anybody may register. */
    readonly registration: boolean;
  };
  readonly SignedLicense: {
    readonly license: Readonly<Record<string, unknown>>;
    readonly signatures: readonly Schemas['LicenseSignature'][];
  };
  readonly SignedLink: {
    readonly url: string;
    readonly expires_at: string;
  };
  readonly SignedPart: {
    readonly method: 'PUT' | 'GET';
    readonly url: string;
    /** Send them as they are: they are signed. */
    readonly headers: Readonly<Record<string, string>>;
    readonly part: number;
    readonly bytes: number;
  };
  readonly SignedParts: {
    readonly parts: readonly Schemas['SignedPart'][];
    readonly expires_at: string;
  };
  readonly SignedUpload: {
    readonly method: 'PUT' | 'GET';
    readonly url: string;
    /** Send them as they are: they are signed. */
    readonly headers: Readonly<Record<string, string>>;
    readonly expires_at: string;
  };
  readonly Spectrum: {
    readonly from: string;
    readonly to: string;
    readonly bucket: 'day' | 'week';
    readonly data: readonly Schemas['SpectrumBucket'][];
  };
  readonly SpectrumBucket: {
    readonly starts: string;
    readonly ends: string;
    /** By ISO 8601: `2026-W47`. */
    readonly week: string | null;
    /** The most frequent first; 20 at most. */
    readonly feelings: readonly Schemas['SpectrumShade'][];
    /** The most frequent first; 20 at most. */
    readonly themes: readonly Schemas['SpectrumShade'][];
    /** The most frequent first; 20 at most. */
    readonly needs: readonly Schemas['SpectrumShade'][];
    /** The most frequent first; 20 at most. */
    readonly strengths: readonly Schemas['SpectrumShade'][];
    /** The most frequent first; 20 at most. */
    readonly values: readonly Schemas['SpectrumShade'][];
  };
  readonly SpectrumShade: {
    readonly text: string;
    readonly count: number;
    /** On average. */
    readonly intensity: number;
  };
  readonly SsoConnection: {
    /** As the provider’s discovery document names itself, not that document’s address; https. */
    readonly issuer: string;
    readonly client_id: string;
    /** Whether members with an address in a proven domain must come by it; owners may come otherwise. */
    readonly enforced: boolean;
    /** Whether users who sign in through it become members. */
    readonly provisions: boolean;
    readonly default_role: 'viewer' | 'member';
    /** When a user first signed in with the present settings; null: never. */
    readonly proven_at: string | null;
    /** What the provider must allow. */
    readonly redirect_uri: string;
    readonly updated_at: string;
  };
  readonly SsoDomain: {
    readonly domain: string;
    /** `missing`: it is verified, and DNS lacks its record; after three days of that it is pending again. */
    readonly status: 'pending' | 'verified' | 'missing';
    /** What DNS must show, and go on showing. */
    readonly record: Schemas['DnsRecord'];
    readonly verified_at: string | null;
    readonly missing_since: string | null;
  };
  readonly SsoDomainList: {
    readonly data: readonly Schemas['SsoDomain'][];
  };
  readonly SsoStart: {
    readonly url: string;
  };
  readonly StartSsoRequest: {
    readonly email?: string | undefined;
    readonly organization?: string | undefined;
    /** One of SIGN_IN_RETURN_TO. */
    readonly return_to: string;
    /** The base64url of the SHA-256 of a random secret that the page keeps. */
    readonly code_challenge: string;
  };
  readonly StepResult: {
    readonly prompt_template: string;
    /** What a later step with `from: step` takes. Records are JSON in it. */
    readonly text: string;
    /** What a later `create_record` of this step creates, one after the other. */
    readonly records: readonly (Readonly<Record<string, unknown>>)[];
  };
  readonly StepUpRequest: {
    readonly password?: string | undefined;
    /** Of an authenticator app. */
    readonly code?: string | undefined;
    readonly recovery_code?: string | undefined;
    readonly passkey?: Schemas['PasskeyAssertion'] | undefined;
  };
  readonly StorageRecordCreate: {
    readonly table: string;
    /** The bytes, in base64. */
    readonly blob: string;
    /** Their SHA-256, in hex. */
    readonly checksum: string;
  };
  readonly StorageRecordUpdate: {
    /** Needed of a new record alone. */
    readonly table?: string | undefined;
    /** The bytes, in base64. */
    readonly blob: string;
    /** Their SHA-256, in hex. */
    readonly checksum: string;
  };
  readonly StoreMemoryMessages: {
    readonly messages: readonly Schemas['NewMemoryMessage'][];
  };
  readonly StoredMemoryMessages: {
    readonly stored: number;
    /** They were sent before. */
    readonly known: number;
    readonly recalled: number;
    /** The session has said the same before. */
    readonly repeated: number;
  };
  readonly StoredVector: {
    readonly id: string;
    /** It grows with each change, and is never given again. */
    readonly revision: number;
    readonly blob: string;
  };
  readonly Streak: {
    /** Days in a row, up to today or yesterday, on which you did something for it. */
    readonly current: number;
    readonly longest: number;
  };
  readonly StripeEvent: {
    readonly id: string;
    readonly object: 'event';
    readonly type: string;
  } & Readonly<Record<string, unknown>>;
  readonly StripeEventReceipt: {
    readonly ok: true;
    readonly received: true;
  };
  readonly SubmitPluginRequest: {
    /** The same as `manifest.json` in the package. */
    readonly manifest: Schemas['PluginManifest'];
    /** Of the package, in hex. */
    readonly sha256: string;
    readonly bytes: number;
    /** A key of your account. */
    readonly key_id: string;
    /** Ed25519 over the 32 bytes of the SHA-256, in base64. */
    readonly signature: string;
  };
  readonly SubmittedPlugin: {
    readonly id: string;
    readonly version: string;
    readonly state: 'pending_upload' | 'pending_review' | 'approved' | 'rejected' | 'withdrawn' | 'removed';
    /** null where the call is repeated with its Idempotency-Key: submit the version again. */
    readonly upload: Schemas['SignedUpload'] | null;
  };
  readonly Subscription: {
    readonly id: string;
    readonly store: 'stripe' | 'app_store' | 'google_play';
    readonly product: string;
    /** `product.plan`. */
    readonly plan: string;
    /** `monthly`, `yearly`, or of another length an ISO 8601 duration: `P3M`. */
    readonly cycle: string;
    readonly quantity: number;
    readonly price: Schemas['SubscriptionPrice'];
    /** `pending`: its first payment is a debit that is on its way; it is had once that has come. */
    readonly state: 'incomplete' | 'pending' | 'trialing' | 'active' | 'past_due' | 'paused' | 'canceled' | 'expired';
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
    readonly next: Schemas['ScheduledChange'] | null;
    /** What it becomes once the customer has confirmed the payment. */
    readonly pending: Schemas['PendingChange'] | null;
  };
  readonly SubscriptionChange: {
    readonly subscription: Schemas['Subscription'];
    /** Usage above the size of the new plan: nothing is deleted, and nothing can be added. */
    readonly not_fitting: readonly Schemas['NotFitting'][];
    /** The change waits for the customer, and the plan is what it was; null: it is made, or arranged. */
    readonly confirmation: Schemas['PaymentConfirmation'] | null;
  };
  readonly SubscriptionPage: {
    readonly data: readonly Schemas['Subscription'][];
    readonly next_cursor: string | null;
  };
  readonly SubscriptionPreview: {
    readonly when: 'now' | 'period_end';
    /** When it would take effect; null: at once. */
    readonly at: string | null;
    /** Minor units; below 0: what is left, which the next invoice takes from. */
    readonly due_now: number;
    /** Per unit and cycle from then on, before discounts and tax; minor units. */
    readonly unit_amount: number;
    readonly quantity: number;
    readonly currency: string;
    /** Send it along with the change to pay the amount shown here. */
    readonly prorated_at: string | null;
    readonly not_fitting: readonly Schemas['NotFitting'][];
  };
  readonly SubscriptionPrice: {
    readonly currency: string;
    /** Of one, a cycle, before discounts and tax; minor units. */
    readonly unit_amount: number;
  };
  readonly SuggestRequest: {
    readonly section_id: string;
    /** The workspace; it must be the account that the call is for. */
    readonly workspace_id?: string | undefined;
  };
  readonly Suggestion: {
    readonly title: string;
    readonly why: string;
  };
  readonly Suggestions: {
    readonly safety: Schemas['Safety'];
    /** None where the goal speaks of a crisis. */
    readonly suggestions: readonly Schemas['Suggestion'][];
    readonly support: Schemas['SafetySupport'] | null;
  };
  readonly SupersedeDecision: {
    /** The decision that takes its place. */
    readonly by: string;
  };
  readonly SuspendLicenseRequest: {
    /** For the audit, which the account reads too. */
    readonly reason: string;
  };
  readonly Team: {
    readonly id: string;
    readonly name: string;
    /** How many members of the organization are in it. */
    readonly member_count: number;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly TeamMember: {
    readonly user_id: string;
    readonly added_at: string;
  };
  readonly TeamPage: {
    readonly data: readonly Schemas['Team'][];
    readonly next_cursor: string | null;
  };
  readonly TeamWithMembers: {
    readonly id: string;
    readonly name: string;
    /** How many members of the organization are in it. */
    readonly member_count: number;
    readonly created_at: string;
    readonly updated_at: string;
    readonly members: readonly Schemas['TeamMember'][];
    /** Where the next page of its members begins. */
    readonly next_cursor: string | null;
  };
  readonly Template: {
    readonly id: string;
    /** `public`: published for all workspaces. */
    readonly visibility: 'workspace' | 'public';
    readonly name: string;
    readonly description: string | null;
    readonly section_count: number;
    /** Counts its changes; its ETag. */
    readonly version: number;
    readonly created_at: string;
    readonly updated_at: string;
    readonly sections: readonly Schemas['TemplateSection'][];
  };
  readonly TemplateSection: {
    readonly type: 'overview' | 'objectives' | 'deliverables' | 'timeline' | 'budget' | 'assumptions' | 'exclusions' | 'risks' | 'acceptance' | 'other';
    readonly title: string;
    /** Markdown. */
    readonly content: string;
  };
  readonly TemplateSummary: {
    readonly id: string;
    /** `public`: published for all workspaces. */
    readonly visibility: 'workspace' | 'public';
    readonly name: string;
    readonly description: string | null;
    readonly section_count: number;
    /** Counts its changes; its ETag. */
    readonly version: number;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly TemplateSummaryPage: {
    readonly data: readonly Schemas['TemplateSummary'][];
    readonly next_cursor: string | null;
  };
  readonly TenantActivity: {
    readonly account_id: string;
    readonly name: string;
    readonly calls: number;
    /** Micro-dollars. */
    readonly cost_micros: number;
    /** Messages added to memory. */
    readonly memory_messages: number;
    /** Licence sessions that began. */
    readonly sessions: number;
    /** Days of UTC on which it did any of these. */
    readonly active_days: number;
    readonly last_active_on: string | null;
  };
  readonly TenantActivityPage: {
    readonly data: readonly Schemas['TenantActivity'][];
    readonly next_cursor: string | null;
  };
  readonly TokenPair: {
    readonly access_token: string;
    /** Absent from the answer to a call with `Plinth-Session: cookie`: it is in the cookie. */
    readonly refresh_token?: string;
    /** When the access token ends, in Unix seconds. */
    readonly expires_at: number;
  };
  readonly TotpConfirmation: {
    readonly recovery_codes: readonly string[] | null;
  };
  readonly TotpEnrollment: {
    readonly secret: string;
    readonly otpauth_uri: string;
  };
  readonly TransferOrganizationRequest: {
    readonly user_id: string;
  };
  readonly Turn: {
    readonly id: string;
    /** The thought as you wrote it. */
    readonly original: string;
    /** The habit of thought that bends it, if one does. */
    readonly distortion: 'all_or_nothing' | 'overgeneralization' | 'mental_filter' | 'discounting_the_positive' | 'mind_reading' | 'fortune_telling' | 'catastrophizing' | 'emotional_reasoning' | 'should_statements' | 'labeling' | 'personalization' | null;
    /** The same, seen from another side. */
    readonly turn: string;
    /** A question to go on with. */
    readonly question: string;
    readonly style: 'gentle' | 'direct' | 'playful';
    readonly safety: Schemas['Safety'];
    readonly helpful: boolean | null;
    readonly feedback: string | null;
    readonly created_at: string;
  };
  readonly TurnFeedback: {
    readonly helpful: boolean;
    readonly note?: string | null | undefined;
  };
  readonly TurnPage: {
    readonly data: readonly Schemas['Turn'][];
    readonly next_cursor: string | null;
  };
  readonly TurnReply: {
    readonly id: string | null;
    readonly original: string | null;
    /** The habit of thought that bends it, if one does. */
    readonly distortion: 'all_or_nothing' | 'overgeneralization' | 'mental_filter' | 'discounting_the_positive' | 'mind_reading' | 'fortune_telling' | 'catastrophizing' | 'emotional_reasoning' | 'should_statements' | 'labeling' | 'personalization' | null;
    readonly turn: string | null;
    readonly question: string | null;
    readonly style: 'gentle' | 'direct' | 'playful';
    readonly safety: Schemas['Safety'];
    readonly helpful: boolean | null;
    readonly feedback: string | null;
    readonly created_at: string | null;
    readonly support: Schemas['SafetySupport'] | null;
  };
  readonly UpdateAccountRequest: {
    readonly time_zone: string;
  };
  readonly UpdateActionRequest: {
    readonly title?: string | undefined;
    readonly due?: string | null | undefined;
    readonly done?: boolean | undefined;
  };
  readonly UpdateAssetRequest: {
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
  readonly UpdateCommentRequest: {
    /** Plain text. */
    readonly body: string;
    /** Members who receive a mail, one per comment. */
    readonly mentions?: readonly string[] | undefined;
  };
  readonly UpdateConsentsRequest: {
    /** Feelings and themes are drawn out of what you write; Spectrum shows them. */
    readonly insights?: boolean | undefined;
    /** What you write may be used for research, without your name. */
    readonly research?: boolean | undefined;
    /** You receive news. */
    readonly news?: boolean | undefined;
  };
  readonly UpdateDraftRequest: {
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
  readonly UpdateGoalRequest: {
    readonly title?: string | undefined;
    /** Why you want it. */
    readonly why?: string | null | undefined;
    readonly target_date?: string | null | undefined;
    readonly status?: 'active' | 'paused' | 'achieved' | 'dropped' | undefined;
  };
  readonly UpdateMemberRequest: {
    readonly role: 'viewer' | 'member' | 'admin' | 'owner';
  };
  readonly UpdateOrganizationRequest: {
    readonly name: string;
  };
  readonly UpdatePrivacySettingsRequest: {
    readonly platform_statistics: boolean;
  };
  readonly UpdateProfileRequest: {
    readonly display_name?: string | null | undefined;
    readonly locale?: string | null | undefined;
    /** Where your days and weeks begin. A window that has begun goes on: a move resets nothing. */
    readonly time_zone?: string | undefined;
    readonly pronouns?: string | null | undefined;
    readonly focus_areas?: readonly string[] | undefined;
    readonly consents?: Schemas['UpdateConsentsRequest'] | undefined;
  };
  readonly UpdateProjectRequest: {
    readonly name?: string | undefined;
    readonly client_name?: string | null | undefined;
    readonly archived?: boolean | undefined;
  };
  readonly UpdateScopeRequest: {
    /** The workspace; it must be the account that the call is for. */
    readonly workspace_id?: string | undefined;
    readonly title?: string | undefined;
    readonly client_name?: string | null | undefined;
    readonly project_id?: string | null | undefined;
    readonly summary?: string | undefined;
    /** By ISO 4217. */
    readonly currency?: string | undefined;
  };
  readonly UpdateSectionRequest: {
    readonly type?: 'overview' | 'objectives' | 'deliverables' | 'timeline' | 'budget' | 'assumptions' | 'exclusions' | 'risks' | 'acceptance' | 'other' | undefined;
    readonly title?: string | undefined;
    /** Markdown. */
    readonly content?: string | undefined;
  };
  readonly UpdateTeamRequest: {
    readonly name: string;
  };
  readonly UpdateTemplateRequest: {
    readonly name?: string | undefined;
    readonly description?: string | null | undefined;
    /** All of them anew. */
    readonly sections?: readonly Schemas['NewTemplateSection'][] | undefined;
  };
  readonly UpdateUserRequest: {
    readonly full_name?: string | null | undefined;
    readonly avatar_url?: string | null | undefined;
  };
  readonly UpdateWebhookRequest: {
    /** https:// and an address of the public Internet. */
    readonly url?: string | undefined;
    /** All when not said. */
    readonly types?: readonly ('limit.alert' | 'operator_budget.closed' | 'payment.failed' | 'permit.denied' | 'plan.changed')[] | undefined;
    readonly description?: string | undefined;
    readonly status?: 'enabled' | 'disabled' | undefined;
  };
  readonly UpdateWorkspaceRequest: {
    readonly name?: string | undefined;
    readonly slug?: string | undefined;
    /** Of exports: `primary` and `accent`, #rrggbb. */
    readonly colours?: Schemas['ChosenColours'] | null | undefined;
    /** no_models: nothing of it is sent to a model. */
    readonly privacy?: 'standard' | 'no_models' | undefined;
    readonly settings?: Schemas['ChosenWorkspaceSettings'] | undefined;
  };
  readonly UploadLogoRequest: {
    readonly filename: string;
    readonly type: 'image/png' | 'image/jpeg';
    readonly bytes: number;
    readonly sha256: string;
  };
  readonly Usage: {
    readonly data: readonly Schemas['LimitUsage'][];
    readonly events: readonly Schemas['UsageEvent'][];
    readonly next_cursor: string | null;
  };
  readonly UsageAdjustment: {
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
  readonly UsageAdjustmentPage: {
    readonly data: readonly Schemas['UsageAdjustment'][];
    readonly next_cursor: string | null;
  };
  readonly UsageEvent: {
    readonly id: string;
    readonly permit_id: string;
    /** Whose call it was. */
    readonly user_id: string;
    /** The API key that it was made with. */
    readonly key_id: string | null;
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
    /** How long each step of the call took, in microseconds; null until it is over, and of what was metered elsewhere. */
    readonly steps: Schemas['CallSteps'] | null;
    readonly created_at: string;
  };
  readonly UsageEventDetails: {
    readonly id: string;
    readonly permit_id: string;
    /** Whose call it was. */
    readonly user_id: string;
    /** The API key that it was made with. */
    readonly key_id: string | null;
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
    /** How long each step of the call took, in microseconds; null until it is over, and of what was metered elsewhere. */
    readonly steps: Schemas['CallSteps'] | null;
    readonly created_at: string;
    /** What was held of budgets before it was sent: the most that it could cost. */
    readonly reserve_micros: number;
    /** The plan that admitted it. */
    readonly plan: string | null;
    /** null: the call was metered elsewhere. */
    readonly permit_status: 'queued' | 'running' | 'settled' | 'voided' | null;
    /** Why the permit was closed as it is: an error code of the call, or some words. */
    readonly reason: string | null;
  };
  readonly UsageEventError: {
    readonly code: string;
    readonly message: string;
  };
  readonly UsageEventReport: {
    /** Yours: counted once for ever. */
    readonly id: string;
    readonly product: string;
    /** One that its product opens to backends outside. */
    readonly feature: string;
    /** What a limit by subject counts by: an id of yours, and no text of a user’s. */
    readonly subject?: string | undefined;
    readonly units?: number | undefined;
    /** Priced by the catalogue of this server, unless `cost_micros` says what it cost. */
    readonly usage?: Schemas['ModelUsage'] | undefined;
    /** Micro-dollars, taken as they are. */
    readonly cost_micros?: number | undefined;
    /** When it happened; now when not said. It is charged to the present windows that it lies in. */
    readonly at?: string | undefined;
  };
  readonly UsageEventResult: {
    readonly id: string;
    readonly status: 'posted' | 'duplicate' | 'refused';
    readonly error?: Schemas['UsageEventError'];
  };
  readonly UsageEventResultList: {
    readonly data: readonly Schemas['UsageEventResult'][];
  };
  readonly UsageTotal: {
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
    /** Calls for which the provider gave no figures. */
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
  };
  readonly UsageTotalReport: {
    /** The first day. */
    readonly from: string;
    /** The day after the last. */
    readonly until: string;
    readonly zone: string;
    readonly data: readonly Schemas['UsageTotal'][];
    readonly next_cursor: string | null;
  };
  readonly User: {
    readonly id: string;
    readonly email: string;
    readonly full_name: string | null;
    readonly avatar_url: string | null;
    readonly email_verified: boolean;
    readonly role: 'user' | 'admin';
    /** The plan that your default account, or the account of your key, has in the product whose plans are tiers: `pro`. null: none. */
    readonly tier: string | null;
    /** The products that run on this server, by their keys. */
    readonly products: readonly string[];
    /** The account of a call without X-Account-Id. */
    readonly default_account_id: string;
    readonly accounts: readonly Schemas['UserAccount'][];
  };
  readonly UserAccount: {
    readonly id: string;
    readonly kind: 'personal' | 'organization';
    readonly name: string;
    readonly status: 'active' | 'suspended';
    readonly role: 'viewer' | 'member' | 'admin' | 'owner';
  };
  readonly ValidateLicenseRequest: {
    /** As it is on the key: case, hyphens and blanks don’t matter, nor I for 1, L for 1, O for 0. */
    readonly license_key: string;
    /** Then it is good only where it is activated on this machine. */
    readonly hardware_id?: string | undefined;
    /** The same as `hardware_id`. */
    readonly machine_id?: string | undefined;
  };
  readonly VectorDeleteRequest: {
    readonly ids: readonly (string | Schemas['DeletedVector'])[];
  };
  readonly VectorDeleteResponse: {
    readonly ok: true;
  };
  readonly VectorItem: {
    /** Yours to choose, and read by the server: nothing that says anything. */
    readonly id: string;
    /** Ciphertext in base64, of 64 KiB at most. */
    readonly blob: string;
    /** SHA-256 of the blob, in hexadecimal digits. */
    readonly checksum: string;
    /** Transformed with your own key. The same number of dimensions in all of your items. */
    readonly embedding?: readonly number[] | undefined;
    /** The revision that it takes the place of; 0: there is none. Left out: any. */
    readonly if_revision?: number | undefined;
  };
  readonly VectorReadRequest: {
    readonly ids: readonly string[];
  };
  readonly VectorReadResponse: {
    readonly vectors: readonly Schemas['StoredVector'][];
  };
  readonly VectorSearchRequest: {
    /** Ciphertext in base64, of 64 KiB at most. */
    readonly query_blob?: string | undefined;
    /** Transformed with your own key. The same number of dimensions in all of your items. */
    readonly embedding?: readonly number[] | undefined;
    readonly top_k?: number | undefined;
  };
  readonly VectorSearchResponse: {
    readonly results: readonly Schemas['VectorSearchResult'][];
    readonly mode: 'exact' | 'approximate';
  };
  readonly VectorSearchResult: {
    readonly id: string;
    /** The cosine: 1 is the same direction, -1 the opposite. 1 for the same blob. */
    readonly score: number;
    /** It grows with each change, and is never given again. */
    readonly revision: number;
    readonly blob: string;
  };
  readonly VectorUpsertRequest: {
    readonly vectors: readonly Schemas['VectorItem'][];
  };
  readonly VectorUpsertResponse: {
    readonly upserted: number;
    /** It grows with each change, and is never given again. */
    readonly revision: number;
  };
  readonly VerificationMail: {
    readonly status: 'verification_sent';
    readonly email: string;
  };
  readonly VerifyEmailRequest: {
    readonly token: string;
  };
  readonly VerifyMfaRequest: {
    readonly mfa_token: string;
    /** Of an authenticator app. */
    readonly code?: string | undefined;
    readonly recovery_code?: string | undefined;
    readonly passkey?: Schemas['PasskeyAssertion'] | undefined;
    /** What you call this device in the list of your sessions. */
    readonly device_name?: string | undefined;
    /** As at a log-in: by a device that is known, no mail tells of a new one. */
    readonly former_refresh_token?: string | undefined;
  };
  readonly Webhook: {
    readonly id: string;
    readonly url: string;
    /** What it is told. */
    readonly types: readonly ('limit.alert' | 'operator_budget.closed' | 'payment.failed' | 'permit.denied' | 'plan.changed')[];
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
  readonly WebhookDelivery: {
    readonly id: string;
    /** The `webhook-id` that it is sent under. */
    readonly event_id: string;
    readonly type: 'limit.alert' | 'operator_budget.closed' | 'payment.failed' | 'permit.denied' | 'plan.changed' | 'webhook.test';
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
  };
  readonly WebhookDeliveryPage: {
    readonly data: readonly Schemas['WebhookDelivery'][];
    readonly next_cursor: string | null;
  };
  readonly WebhookPage: {
    readonly data: readonly Schemas['Webhook'][];
    readonly next_cursor: string | null;
  };
  readonly WebhookTest: {
    readonly event_id: string;
  };
  readonly WebhookWithSecret: {
    readonly id: string;
    readonly url: string;
    /** What it is told. */
    readonly types: readonly ('limit.alert' | 'operator_budget.closed' | 'payment.failed' | 'permit.denied' | 'plan.changed')[];
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
  readonly Workspace: {
    /** The organization, and what X-Account-Id names. */
    readonly id: string;
    readonly name: string;
    /** Null: Orbit was not opened in it yet. */
    readonly slug: string | null;
    /** Your own in it. */
    readonly role: 'viewer' | 'member' | 'admin' | 'owner';
    readonly status: 'active' | 'suspended';
    readonly logo_blob_id: string | null;
    readonly colours: Schemas['WorkspaceColours'] | null;
    /** no_models: nothing of it is sent to a model. */
    readonly privacy: 'standard' | 'no_models';
    readonly settings: Schemas['WorkspaceSettings'];
    /** Until when a deleted one can be opened again; null: it is open. */
    readonly restorable_until: string | null;
    /** Counts its changes; the ETag of the workspace. */
    readonly version: number;
    readonly created_at: string;
  };
  readonly WorkspaceColours: {
    readonly primary: string;
    readonly accent: string;
  };
  readonly WorkspaceLogo: {
    readonly logo_blob_id: string;
  };
  readonly WorkspacePage: {
    readonly data: readonly Schemas['Workspace'][];
    readonly next_cursor: string | null;
  };
  readonly WorkspaceSettings: {
    /** Of new scopes. */
    readonly currency: string;
    /** Of exports, and of titles of extracted sections. */
    readonly language: string;
  };
  readonly WriteContextDocument: {
    /** Your own name for it; it is not sealed. */
    readonly name: string;
    /** At most 256 KiB of UTF-8. */
    readonly text: string;
    readonly level?: 'private' | 'team' | 'organization' | undefined;
    /** With the level `team` alone. */
    readonly team_id?: string | null | undefined;
  };
  readonly WriteDecision: {
    readonly title: string;
    /** What made it necessary. At most 64 KiB of UTF-8, as each text. */
    readonly context: string;
    /** What was decided, and why. */
    readonly rationale: string;
    readonly consequences?: string | null | undefined;
  };
}

/** What each route takes and answers. */
export interface Routes {
  /** Delete all data of a person or an organization */
  'DELETE /v1/admin/data/delete': {
    readonly query: {
      readonly account_id?: string | undefined;
      readonly user_id?: string | undefined;
    };
    readonly reply: Schemas['DeletedData'];
  };
  /** End a grant now */
  'DELETE /v1/admin/grants/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Grant'];
  };
  /** Delete a dead job */
  'DELETE /v1/admin/jobs/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a public template */
  'DELETE /v1/admin/orbit/templates/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Remove a plugin */
  'DELETE /v1/admin/plugins/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['RemovePluginRequest'];
    readonly reply: Schemas['Ok'];
  };
  /** Delete a webhook endpoint and its deliveries */
  'DELETE /v1/admin/webhooks/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Revoke an API key */
  'DELETE /v1/api-keys/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Remove a passkey */
  'DELETE /v1/auth/mfa/passkeys/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Remove the authenticator app */
  'DELETE /v1/auth/mfa/totp': {
    readonly reply: Schemas['Ok'];
  };
  /** Sign a device out */
  'DELETE /v1/auth/sessions/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a backup */
  'DELETE /v1/backup/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Cancel a subscription */
  'DELETE /v1/billing/subscription': {
    readonly query: {
      /** Needed where the account has subscriptions of several products. */
      readonly product?: string | undefined;
      readonly when?: 'now' | 'period_end' | undefined;
    };
    readonly reply: Schemas['CanceledSubscription'];
  };
  /** Delete a comment */
  'DELETE /v1/comments/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a document of context */
  'DELETE /v1/context/documents/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a decision */
  'DELETE /v1/decisions/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a link of a decision */
  'DELETE /v1/decisions/{id}/links/{link_id}': {
    readonly params: {
      readonly id: string;
      readonly link_id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Withdraw a plugin from the catalogue */
  'DELETE /v1/developer/plugins/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Withdraw a version that waits */
  'DELETE /v1/developer/plugins/{id}/versions/{version}': {
    readonly params: {
      readonly id: string;
      readonly version: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a document */
  'DELETE /v1/documents/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: null;
  };
  /** Remove a scope from your favourites */
  'DELETE /v1/favourites/{scope_id}': {
    readonly params: {
      readonly scope_id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Take a merge of two names back */
  'DELETE /v1/graph/merges/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a goal */
  'DELETE /v1/lens/goals/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Move an asset to the trash */
  'DELETE /v1/library/assets/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Release a seat by its session */
  'DELETE /v1/licenses/sessions/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['LicenseRelease'];
    readonly reply: null;
  };
  /** End the seat of a machine */
  'DELETE /v1/licenses/{id}/seats/{machine}': {
    readonly params: {
      readonly id: string;
      readonly machine: string;
    };
    readonly reply: Schemas['LicenseSeatEnded'];
  };
  /** Close your account */
  'DELETE /v1/me': {
    readonly body: Schemas['CloseUserRequest'];
    readonly reply: Schemas['ClosedUser'];
  };
  /** Sign in by a provider no more */
  'DELETE /v1/me/identities/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a session */
  'DELETE /v1/mirror/sessions/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Close an organization */
  'DELETE /v1/organizations/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Organization'];
  };
  /** Revoke an invitation */
  'DELETE /v1/organizations/{id}/invitations/{invitation_id}': {
    readonly params: {
      readonly id: string;
      readonly invitation_id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Remove a member, or leave */
  'DELETE /v1/organizations/{id}/members/{user_id}': {
    readonly params: {
      readonly id: string;
      readonly user_id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** End single sign-on */
  'DELETE /v1/organizations/{id}/sso': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Remove a domain */
  'DELETE /v1/organizations/{id}/sso/domains/{domain}': {
    readonly params: {
      readonly id: string;
      readonly domain: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Remove the single sign-on link of a user */
  'DELETE /v1/organizations/{id}/sso/links/{user_id}': {
    readonly params: {
      readonly id: string;
      readonly user_id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a team */
  'DELETE /v1/organizations/{id}/teams/{team_id}': {
    readonly params: {
      readonly id: string;
      readonly team_id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Take a member out of a team */
  'DELETE /v1/organizations/{id}/teams/{team_id}/members/{user_id}': {
    readonly params: {
      readonly id: string;
      readonly team_id: string;
      readonly user_id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a pattern */
  'DELETE /v1/patterns/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Uninstall a plugin */
  'DELETE /v1/plugins/{id}/install': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a project */
  'DELETE /v1/projects/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Move a scope to the trash */
  'DELETE /v1/scopes/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a section */
  'DELETE /v1/scopes/{id}/sections/{section_id}': {
    readonly params: {
      readonly id: string;
      readonly section_id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a session */
  'DELETE /v1/sessions/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a file of a session */
  'DELETE /v1/sessions/{id}/files/{file_id}': {
    readonly params: {
      readonly id: string;
      readonly file_id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a record */
  'DELETE /v1/storage/records/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete vectors */
  'DELETE /v1/storage/vectors': {
    readonly body: Schemas['VectorDeleteRequest'];
    readonly reply: Schemas['VectorDeleteResponse'];
  };
  /** Delete a template of the workspace */
  'DELETE /v1/templates/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a turn */
  'DELETE /v1/turns/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Delete a workspace */
  'DELETE /v1/workspaces/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['DeletedWorkspace'];
  };
  /** Delete the logo */
  'DELETE /v1/workspaces/{id}/logo': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Read the account that calls are for */
  'GET /v1/account': {
    readonly reply: Schemas['Account'];
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
    readonly reply: Schemas['AuditEntryPage'];
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
  /** List recent activity in your workspaces */
  'GET /v1/activity': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** One kind, or all of a subject: `comment.added`, `comment`. */
      readonly kind?: string | undefined;
      /** What one person did. */
      readonly actor?: string | undefined;
      readonly workspace_id?: string | undefined;
    };
    readonly reply: Schemas['ScopeActivityPage'];
  };
  /** Find days on which an account did far more than usual */
  'GET /v1/admin/analytics/anomalies': {
    readonly query: {
      readonly from?: string | undefined;
      readonly until?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['AnomalyPage'];
  };
  /** Count the patterns of all accounts by kind and level */
  'GET /v1/admin/analytics/patterns': {
    readonly reply: Schemas['PatternCounts'];
  };
  /** Report what each account did */
  'GET /v1/admin/analytics/tenants': {
    readonly query: {
      readonly from?: string | undefined;
      readonly until?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['TenantActivityPage'];
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
    readonly reply: Schemas['AdminAuditEntryPage'];
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
  /** List events from payment providers with their state, newest first */
  'GET /v1/admin/billing/inbox': {
    readonly query: {
      readonly state?: 'received' | 'applied' | 'waiting' | 'ignored' | 'dead' | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['InboxEventPage'];
  };
  /** List provider objects that were given up, are refused, or could not be read for an hour */
  'GET /v1/admin/billing/inbox/dead': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['DeadInboxTaskPage'];
  };
  /** Report MRR, ARR, churn and new customers by month */
  'GET /v1/admin/billing/recurring': {
    readonly query: {
      /** The fields to group by, separated by commas: product, plan. Empty: one total. */
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
    readonly reply: Schemas['RecurringRevenueReport'];
  };
  /** Report revenue: sales less refunds and fees */
  'GET /v1/admin/billing/revenue': {
    readonly query: {
      /** The fields to group by, separated by commas: month, account, product, plan, item, kind. Empty: one total. */
      readonly group?: string | undefined;
      readonly account_id?: string | undefined;
      readonly product?: string | undefined;
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
    readonly reply: Schemas['RevenueReport'];
  };
  /** Report what was exported, erased and released */
  'GET /v1/admin/compliance/reports': {
    readonly query: {
      readonly action?: 'account.closed' | 'account.erased' | 'account.restored' | 'audit.exported' | 'export.asked' | 'export.downloaded' | 'export.ready' | 'privacy.settings_changed' | 'user.closed' | 'user.erased' | 'user.restored' | 'privacy.released' | undefined;
      readonly from?: string | undefined;
      readonly until?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['ComplianceEntryPage'];
  };
  /** List the settings in effect */
  'GET /v1/admin/config': {
    readonly reply: Schemas['SettingsInEffect'];
  };
  /** List accounts, or find them by an email, a name, an id or a key */
  'GET /v1/admin/customers': {
    readonly query: {
      readonly q?: string | undefined;
      /** Largest first, `name` by the alphabet. Of amounts in several currencies the largest counts. */
      readonly sort?: 'newest' | 'name' | 'calls' | 'cost' | 'paid' | 'mrr' | 'denied' | 'last_call' | undefined;
      readonly status?: 'active' | 'suspended' | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** Without it, what the Accept header says. */
      readonly format?: 'json' | 'csv' | undefined;
    };
    readonly reply: Schemas['CustomerPage'];
  };
  /** Read an account with its limits, people, payments and last calls */
  'GET /v1/admin/customers/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['CustomerDetails'];
  };
  /** List the exports that operators asked for */
  'GET /v1/admin/data/exports': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['OperatorExportPage'];
  };
  /** List what limits denied calls of all accounts */
  'GET /v1/admin/denials': {
    readonly query: {
      readonly account_id?: string | undefined;
      readonly product?: string | undefined;
      /** The limit that denied them. */
      readonly limit_name?: string | undefined;
      readonly plan?: string | undefined;
      readonly from?: string | undefined;
      readonly until?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['DenialCountPage'];
  };
  /** Add up what limits denied, by limit or by account */
  'GET /v1/admin/denials/totals': {
    readonly query: {
      readonly group?: 'limit' | 'account' | undefined;
      readonly account_id?: string | undefined;
      readonly product?: string | undefined;
      /** The limit that denied them. */
      readonly limit_name?: string | undefined;
      readonly plan?: string | undefined;
      readonly from?: string | undefined;
      readonly until?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** Without it, what the Accept header says. */
      readonly format?: 'json' | 'csv' | undefined;
    };
    readonly reply: Schemas['DenialSumPage'];
  };
  /** Look at all that the server stands on */
  'GET /v1/admin/doctor': {
    readonly reply: Schemas['Findings'];
  };
  /** List the grants of an account, newest first */
  'GET /v1/admin/grants': {
    readonly query: {
      readonly account_id: string;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['GrantPage'];
  };
  /** List jobs of all accounts, newest first (dead jobs by default) */
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
    readonly reply: Schemas['AdminJobPage'];
  };
  /** Read a job of any account */
  'GET /v1/admin/jobs/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['AdminJob'];
  };
  /** Find licences of all accounts */
  'GET /v1/admin/licenses': {
    readonly query: {
      readonly key?: string | undefined;
      readonly license_key?: string | undefined;
      readonly email?: string | undefined;
      readonly user_email?: string | undefined;
      readonly account_id?: string | undefined;
      readonly status?: 'active' | 'suspended' | 'inactive' | undefined;
      readonly tier?: string | undefined;
      readonly expires_before?: string | undefined;
      readonly expires_after?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** Without it, what the Accept header says. */
      readonly format?: 'json' | 'csv' | undefined;
    };
    readonly reply: Schemas['AdminLicensePage'];
  };
  /** Report licence subscriptions, revenue, seats and denials by day */
  'GET /v1/admin/licenses/analytics': {
    readonly query: {
      /** The first day; without it, the first of the present month. */
      readonly from?: string | undefined;
      /** The day after the last; without it, tomorrow. */
      readonly until?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** Without it, what the Accept header says. */
      readonly format?: 'json' | 'csv' | undefined;
      /** Of the amounts, and of the customers who pay. */
      readonly currency?: string | undefined;
    };
    readonly reply: Schemas['LicenseAnalyticsReport'];
  };
  /** List the machines of a licence of any account */
  'GET /v1/admin/licenses/{id}/machines': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['LicenseMachineList'];
  };
  /** List sent mails, newest first */
  'GET /v1/admin/mail': {
    readonly query: {
      readonly status?: 'asked' | 'waiting' | 'sent' | 'refused' | 'failed' | undefined;
      readonly template?: 'account_closed' | 'address_claimed' | 'address_taken' | 'adiuva.plugin_approved' | 'adiuva.plugin_rejected' | 'adiuva.plugin_removed' | 'change_email' | 'change_not_paid' | 'coditect.license_issued' | 'coditect.subscription_confirmed' | 'coditect.subscription_renewed' | 'domain_lost' | 'domain_missing' | 'email_changed' | 'export_ready' | 'identity_linked' | 'identity_unlinked' | 'invitation' | 'limit_alert' | 'mfa_changed' | 'new_device' | 'operator_budget_closed' | 'orbit.comment_mention' | 'organization_closed' | 'paid_twice' | 'password_changed' | 'payment_action_required' | 'payment_failed' | 'payment_failed_again' | 'payment_recovered' | 'payouts_problem' | 'plan_changed' | 'reset_password' | 'session_replayed' | 'sso_changed' | 'subscription_canceled' | 'subscription_suspended' | 'trial_refused' | 'verify_email' | 'welcome' | undefined;
      readonly to?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['MailPage'];
  };
  /** List the templates of mails, with the facts of their examples */
  'GET /v1/admin/mail/templates': {
    readonly reply: Schemas['MailTemplates'];
  };
  /** Read what a mail said, on a machine of developers */
  'GET /v1/admin/mail/{id}/text': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['MailText'];
  };
  /** Report margins: net proceeds less the cost of model calls */
  'GET /v1/admin/margin': {
    readonly query: {
      /** The fields to group by, separated by commas: account, product, plan. Empty: one total. */
      readonly group?: string | undefined;
      readonly account_id?: string | undefined;
      readonly product?: string | undefined;
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
    readonly reply: Schemas['MarginReport'];
  };
  /** List the templates that are published for all workspaces */
  'GET /v1/admin/orbit/templates': {
    readonly reply: Schemas['PublicTemplateList'];
  };
  /** Read a public template */
  'GET /v1/admin/orbit/templates/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Template'];
  };
  /** List payouts to payees, newest first, with what is owed and how the provider’s books differ */
  'GET /v1/admin/payouts': {
    readonly query: {
      /** A calendar month of UTC. */
      readonly period?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['PayoutList'];
  };
  /** List the versions that wait for review, the longest first */
  'GET /v1/admin/plugins/pending': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['PendingPluginPage'];
  };
  /** Read a plugin with its versions, checklists and the files that changed */
  'GET /v1/admin/plugins/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['ReviewedPlugin'];
  };
  /** Audit what was released over all accounts, newest first */
  'GET /v1/admin/privacy/releases': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['PrivacyReleasePage'];
  };
  /** List recorded sales, newest first */
  'GET /v1/admin/proceeds': {
    readonly query: {
      readonly account_id?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['SaleProceedsPage'];
  };
  /** Read how providers and their models fare */
  'GET /v1/admin/providers': {
    readonly reply: Schemas['ProvidersHealth'];
  };
  /** Count what the safety part found */
  'GET /v1/admin/safety': {
    readonly query: {
      readonly product?: string | undefined;
      readonly from?: string | undefined;
      readonly until?: string | undefined;
    };
    readonly reply: Schemas['SafetyFigures'];
  };
  /** Report usage and cost of all accounts */
  'GET /v1/admin/usage': {
    readonly query: {
      /** The fields to group by, separated by commas: account, user, plan, product, feature, key, provider, model, day. Empty: one total. */
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
    readonly reply: Schemas['UsageTotalReport'];
  };
  /** List manual adjustments, newest first */
  'GET /v1/admin/usage/adjustments': {
    readonly query: {
      readonly account_id?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['UsageAdjustmentPage'];
  };
  /** Find users */
  'GET /v1/admin/users': {
    readonly query: {
      readonly status?: 'active' | 'suspended' | 'closed' | 'inactive' | undefined;
      readonly email?: string | undefined;
      readonly company?: string | undefined;
      readonly company_name?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['AdminUserPage'];
  };
  /** List webhook endpoints, newest first */
  'GET /v1/admin/webhooks': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['WebhookPage'];
  };
  /** List the deliveries of all endpoints, newest first */
  'GET /v1/admin/webhooks/deliveries': {
    readonly query: {
      readonly status?: 'waiting' | 'sending' | 'delivered' | 'dead' | undefined;
      readonly event_id?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['AnyWebhookDeliveryPage'];
  };
  /** One endpoint */
  'GET /v1/admin/webhooks/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Webhook'];
  };
  /** List the deliveries of an endpoint with its answers, newest first */
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
    readonly reply: Schemas['WebhookDeliveryPage'];
  };
  /** Read suggestions or an analysis */
  'GET /v1/ai/analyses/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** Seconds to wait for the end. */
      readonly wait?: number | undefined;
    };
    readonly reply: Schemas['ScopeAnalysis'];
  };
  /** Read an extraction */
  'GET /v1/ai/extractions/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** Seconds to wait for the end. */
      readonly wait?: number | undefined;
    };
    readonly reply: Schemas['Extraction'];
  };
  /** List the available models */
  'GET /v1/ai/models': {
    readonly reply: Schemas['ModelList'];
  };
  /** Read a model */
  'GET /v1/ai/models/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Model'];
  };
  /** List API keys */
  'GET /v1/api-keys': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['ApiKeyPage'];
  };
  /** List what an API key can be allowed */
  'GET /v1/api-keys/scopes': {
    readonly reply: Schemas['ScopeList'];
  };
  /** Read how people can sign in on this server */
  'GET /v1/auth/methods': {
    readonly reply: Schemas['SignInMethods'];
  };
  /** Read your second factors */
  'GET /v1/auth/mfa': {
    readonly reply: Schemas['MfaStatus'];
  };
  /** List the devices that you are signed in on */
  'GET /v1/auth/sessions': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['SessionPage'];
  };
  /** Read the newest backup */
  'GET /v1/backup': {
    readonly reply: unknown;
  };
  /** List your backups */
  'GET /v1/backup/history': {
    readonly reply: Schemas['BackupHistory'];
  };
  /** Read a backup */
  'GET /v1/backup/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: unknown;
  };
  /** List all add-ons of the account, past and present, newest first */
  'GET /v1/billing/add-ons': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['AddOnPurchasePage'];
  };
  /** List the entitlements of the account per product */
  'GET /v1/billing/entitlements': {
    readonly reply: Schemas['EntitlementList'];
  };
  /** Get a signed entitlement, for a client that holds to it */
  'GET /v1/billing/entitlements/token': {
    readonly query: {
      readonly product: string;
    };
    readonly reply: Schemas['EntitlementToken'];
  };
  /** List the invoices of the account, newest first */
  'GET /v1/billing/invoices': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['InvoicePage'];
  };
  /** List the limits with overage and the allowance of each */
  'GET /v1/billing/overage': {
    readonly reply: Schemas['OverageList'];
  };
  /** Read the token that an app passes to the store with a purchase */
  'GET /v1/billing/purchases': {
    readonly reply: Schemas['PurchaseNames'];
  };
  /** Read the current subscription */
  'GET /v1/billing/subscription': {
    readonly query: {
      /** Needed where the account has subscriptions of several products. */
      readonly product?: string | undefined;
    };
    readonly reply: Schemas['Subscription'];
  };
  /** Preview the cost of a subscription change */
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
    readonly reply: Schemas['SubscriptionPreview'];
  };
  /** List all subscriptions of the account, past and present, newest first */
  'GET /v1/billing/subscriptions': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['SubscriptionPage'];
  };
  /** Download a file */
  'GET /v1/blobs/{id}/content': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** Seconds since 1970. */
      readonly expires: number;
      readonly signature: string;
      readonly filename: string;
      readonly type: string;
    };
    readonly reply: unknown;
  };
  /** Read a comment */
  'GET /v1/comments/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Comment'];
  };
  /** List the replies of a thread */
  'GET /v1/comments/{id}/replies': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['CommentPage'];
  };
  /** Read a document of context */
  'GET /v1/context/documents/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      readonly version?: number | undefined;
    };
    readonly reply: Schemas['ContextDocument'];
  };
  /** Compare two versions of a document of context */
  'GET /v1/context/documents/{id}/diff': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** 0: nothing. Not said: the version before `to`. */
      readonly from?: number | undefined;
      /** Not said: the newest. */
      readonly to?: number | undefined;
    };
    readonly reply: Schemas['ContextDocumentDiff'];
  };
  /** List the versions of a document of context */
  'GET /v1/context/documents/{id}/versions': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['ContextDocumentVersionPage'];
  };
  /** Load documents of context into a budget of tokens */
  'GET /v1/context/load': {
    readonly query: {
      readonly kind?: 'business' | 'technical' | undefined;
      readonly budget_tokens?: number | undefined;
      readonly format?: 'json' | 'markdown' | undefined;
    };
    readonly reply: Schemas['LoadContext'];
  };
  /** Find the turns that a question needs */
  'GET /v1/context/relevant': {
    readonly query: {
      /** At most 10,000 characters. */
      readonly query: string;
      /** From 1 to 100,000, by o200k_base. */
      readonly budget_tokens?: number | undefined;
      readonly format?: 'json' | 'markdown' | undefined;
    };
    readonly reply: Schemas['RelevantContext'];
  };
  /** List decisions */
  'GET /v1/decisions': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly status?: 'proposed' | 'accepted' | 'superseded' | undefined;
      readonly level?: 'private' | 'team' | 'organization' | undefined;
      readonly author_id?: string | undefined;
    };
    readonly reply: Schemas['DecisionSummaryPage'];
  };
  /** Read a decision */
  'GET /v1/decisions/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      readonly version?: number | undefined;
      readonly format?: 'json' | 'markdown' | undefined;
    };
    readonly reply: Schemas['ReadDecision'];
  };
  /** Read what the account has earned by items of a month, and what it was paid */
  'GET /v1/developer/earnings': {
    readonly query: {
      /** Not said: the present one. */
      readonly period?: string | undefined;
    };
    readonly reply: Schemas['Earnings'];
  };
  /** List the keys that your account signs packages with */
  'GET /v1/developer/keys': {
    readonly reply: Schemas['DeveloperKeyList'];
  };
  /** Read whether the account can be paid */
  'GET /v1/developer/payee': {
    readonly reply: Schemas['Payee'];
  };
  /** List the plugins of your account */
  'GET /v1/developer/plugins': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['DeveloperPluginPage'];
  };
  /** Read a plugin of your account, with its versions, their checklists and notes */
  'GET /v1/developer/plugins/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['DeveloperPluginDetails'];
  };
  /** List documents */
  'GET /v1/documents': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly scope_id?: string | undefined;
      readonly project_id?: string | undefined;
      readonly status?: 'pending' | 'processing' | 'completed' | 'failed' | undefined;
      /** The workspace; it must be the account that the call is for. */
      readonly workspace_id?: string | undefined;
    };
    readonly reply: Schemas['DocumentPage'];
  };
  /** A document */
  'GET /v1/documents/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Document'];
  };
  /** Create a download link */
  'GET /v1/documents/{id}/download': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['SignedLink'];
  };
  /** Read the text of a document by page */
  'GET /v1/documents/{id}/pages': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** Begin with this page. Of no use with `cursor`. */
      readonly from?: number | undefined;
    };
    readonly reply: Schemas['DocumentTextPage'];
  };
  /** Read the processing status of a document */
  'GET /v1/documents/{id}/status': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** Seconds to wait for the end. */
      readonly wait?: number | undefined;
    };
    readonly reply: Schemas['DocumentStatus'];
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
    readonly reply: Schemas['DraftSummaryPage'];
  };
  /** Read a draft with its variants */
  'GET /v1/drafts/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Draft'];
  };
  /** Read an export and get its link */
  'GET /v1/exports/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** Seconds to wait for the end. */
      readonly wait?: number | undefined;
    };
    readonly reply: Schemas['ScopeExportFile'];
  };
  /** Download an export by a signed link */
  'GET /v1/exports/{id}/archive': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** Seconds since 1970. */
      readonly expires: number;
      readonly signature: string;
    };
    readonly reply: unknown;
  };
  /** List the scopes that you marked */
  'GET /v1/favourites': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** The workspace; it must be the account that the call is for. */
      readonly workspace_id?: string | undefined;
    };
    readonly reply: Schemas['FavouriteScopePage'];
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
    readonly reply: Schemas['Generation'];
  };
  /** Find a shortest path between two nodes */
  'GET /v1/graph/paths': {
    readonly query: {
      readonly from_id?: string | undefined;
      /** Instead of from_id. */
      readonly from_file?: string | undefined;
      readonly to_id?: string | undefined;
      /** Instead of to_id. */
      readonly to_file?: string | undefined;
      /** By commas, of session, decision, pattern, file: which nodes to look at. All, if it is left out. */
      readonly kinds?: string | undefined;
      /** By commas, of mentions, drawn_from, relates_to, implements, supersedes, same_as: which edges to follow. All, if it is left out. */
      readonly types?: string | undefined;
      /** Edges that it has at most. */
      readonly depth?: number | undefined;
    };
    readonly reply: Schemas['MemoryGraph'];
  };
  /** See what lies around a session, a decision, a pattern or a file */
  'GET /v1/graph/query': {
    readonly query: {
      readonly id?: string | undefined;
      /** Instead of an id. */
      readonly file?: string | undefined;
      /** By commas, of session, decision, pattern, file: which nodes to look at. All, if it is left out. */
      readonly kinds?: string | undefined;
      /** By commas, of mentions, drawn_from, relates_to, implements, supersedes, same_as: which edges to follow. All, if it is left out. */
      readonly types?: string | undefined;
      readonly depth?: number | undefined;
      /** Of nodes, the first one too. */
      readonly limit?: number | undefined;
    };
    readonly reply: Schemas['MemoryGraph'];
  };
  /** List the jobs of the account, newest first */
  'GET /v1/jobs': {
    readonly query: {
      readonly status?: 'ready' | 'delayed' | 'running' | 'done' | 'dead' | 'cancelled' | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['JobPage'];
  };
  /** Read the status and progress of a job */
  'GET /v1/jobs/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Job'];
  };
  /** List your goals */
  'GET /v1/lens/goals': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly status?: 'active' | 'paused' | 'achieved' | 'dropped' | undefined;
    };
    readonly reply: Schemas['GoalPage'];
  };
  /** Read a goal with its actions and streak */
  'GET /v1/lens/goals/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['GoalDetail'];
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
    readonly reply: Schemas['AssetPage'];
  };
  /** Read an asset */
  'GET /v1/library/assets/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Asset'];
  };
  /** List the licences of the account with their seats */
  'GET /v1/licenses': {
    readonly query: {
      readonly active?: string | undefined;
      /** A plan: `pro`. */
      readonly tier?: string | undefined;
      readonly expires_before?: string | undefined;
      readonly expires_after?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['LicensePage'];
  };
  /** Read a licence; owners and admins see its key */
  'GET /v1/licenses/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['License'];
  };
  /** Download the signed licence file */
  'GET /v1/licenses/{id}/download': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      readonly part?: 'signed' | 'license' | 'rsa-4096' | 'ed25519' | undefined;
    };
    readonly reply: Schemas['SignedLicense'];
  };
  /** List the machines of a licence */
  'GET /v1/licenses/{id}/machines': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['LicenseMachineList'];
  };
  /** List the seats of a licence and their holders */
  'GET /v1/licenses/{id}/seats': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['LicenseSeats'];
  };
  /** List the sessions of a licence by its key or id */
  'GET /v1/licenses/{key}/sessions': {
    readonly params: {
      readonly key: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['LicenseSessionRecordPage'];
  };
  /** Read the status of a licence by its key */
  'GET /v1/licenses/{key}/status': {
    readonly params: {
      readonly key: string;
    };
    readonly reply: Schemas['LicenseStatus'];
  };
  /** Read who you are */
  'GET /v1/me': {
    readonly reply: Schemas['User'];
  };
  /** List the exports that you asked for */
  'GET /v1/me/exports': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['DataExportPage'];
  };
  /** Read how an export stands */
  'GET /v1/me/exports/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['DataExport'];
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
    readonly reply: Schemas['IdentityList'];
  };
  /** List your sessions */
  'GET /v1/mirror/sessions': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['MirrorSessionPage'];
  };
  /** Read a session with its messages and fragments */
  'GET /v1/mirror/sessions/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['MirrorSessionDetail'];
  };
  /** Read the onboarding status */
  'GET /v1/onboarding/status': {
    readonly query: {
      readonly workspace_id?: string | undefined;
    };
    readonly reply: Schemas['OnboardingStatus'];
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
    readonly reply: Schemas['OrganizationPage'];
  };
  /** Read an organization */
  'GET /v1/organizations/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Organization'];
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
    readonly reply: Schemas['ActivityPage'];
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
    readonly reply: Schemas['AuditEntryPage'];
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
    readonly reply: Schemas['InvitationPage'];
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
    readonly reply: Schemas['MemberPage'];
  };
  /** Read how single sign-on is set up */
  'GET /v1/organizations/{id}/sso': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['SsoConnection'];
  };
  /** List the domains of an organization */
  'GET /v1/organizations/{id}/sso/domains': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['SsoDomainList'];
  };
  /** List the teams of an organization */
  'GET /v1/organizations/{id}/teams': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['TeamPage'];
  };
  /** Read a team and its members */
  'GET /v1/organizations/{id}/teams/{team_id}': {
    readonly params: {
      readonly id: string;
      readonly team_id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['TeamWithMembers'];
  };
  /** List patterns */
  'GET /v1/patterns': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly kind?: 'workflow' | 'problem_solution' | 'practice' | undefined;
      /** Those of this level; `platform`: what was released of all accounts. */
      readonly scope?: 'private' | 'team' | 'organization' | 'platform' | undefined;
    };
    readonly reply: Schemas['ListedPatternPage'];
  };
  /** Read a pattern with its sources */
  'GET /v1/patterns/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Pattern'];
  };
  /** Preview whether a permit would be granted */
  'GET /v1/permits/preview': {
    readonly query: {
      readonly product: string;
      /** One that its product opens to backends outside. */
      readonly feature: string;
      /** What a limit by subject counts by: an id of yours, and no text of a user’s. */
      readonly subject?: string | undefined;
      readonly units?: number | undefined;
      /** As the price catalogue has it: `openai/gpt-4o`, or `gpt-4o` where one provider alone has it. */
      readonly model?: string | undefined;
      readonly provider?: string | undefined;
      readonly prompt_tokens?: number | undefined;
      readonly completion_tokens?: number | undefined;
      /** The most that the work may cost, in place of a model and its tokens. */
      readonly cost_micros?: number | undefined;
    };
    readonly reply: Schemas['PermitPreview'];
  };
  /** Read a permit */
  'GET /v1/permits/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['PermitStatus'];
  };
  /** List plans, prices and their limits */
  'GET /v1/plans': {
    readonly query: {
      readonly product?: string | undefined;
    };
    readonly reply: Schemas['PlanList'];
  };
  /** List the playbooks of your plan */
  'GET /v1/plans/playbook': {
    readonly reply: Schemas['PlaybookList'];
  };
  /** Read a playbook */
  'GET /v1/plans/playbook/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Playbook'];
  };
  /** Read a plan */
  'GET /v1/plans/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Plan'];
  };
  /** List the plugins of the marketplace */
  'GET /v1/plugins': {
    readonly query: {
      readonly category?: 'productivity' | 'projects' | 'notes' | 'communication' | 'calendar' | 'research' | 'business' | 'developer_tools' | undefined;
      readonly q?: string | undefined;
      readonly page?: number | undefined;
      readonly sort?: 'rating' | 'installs' | 'newest' | undefined;
    };
    readonly reply: Schemas['PluginList'];
  };
  /** List the plugins that your account has */
  'GET /v1/plugins/installed': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['InstalledPluginPage'];
  };
  /** List the versions of plugins that were removed, signed */
  'GET /v1/plugins/revoked': {
    readonly reply: Schemas['RevokedPlugins'];
  };
  /** Read a plugin */
  'GET /v1/plugins/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Plugin'];
  };
  /** Read whether the account counts in platform-wide statistics */
  'GET /v1/privacy/settings': {
    readonly reply: Schemas['PrivacySettings'];
  };
  /** Read your profile */
  'GET /v1/profile': {
    readonly reply: Schemas['Profile'];
  };
  /** List projects */
  'GET /v1/projects': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** The workspace; it must be the account that the call is for. */
      readonly workspace_id?: string | undefined;
      /** `true`: those in the archive. */
      readonly archived?: 'true' | 'false' | undefined;
      /** Of this client alone; upper and lower case are the same. */
      readonly client_name?: string | undefined;
    };
    readonly reply: Schemas['ProjectPage'];
  };
  /** Read a project */
  'GET /v1/projects/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Project'];
  };
  /** List and search scopes */
  'GET /v1/scopes': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** The workspace; it must be the account that the call is for. */
      readonly workspace_id?: string | undefined;
      readonly status?: 'draft' | 'in_review' | 'approved' | 'sent' | 'archived' | undefined;
      readonly project_id?: string | undefined;
      /** Of this client alone; upper and lower case are the same. */
      readonly client_name?: string | undefined;
      readonly created_by?: string | undefined;
      /** Words to search for. */
      readonly q?: string | undefined;
      /** `true`: those in the trash. */
      readonly deleted?: 'true' | 'false' | undefined;
      /** With a minus: downwards. */
      readonly sort?: '-updated_at' | 'updated_at' | '-created_at' | 'created_at' | 'title' | '-title' | undefined;
    };
    readonly reply: Schemas['ScopePage'];
  };
  /** Read a scope with its sections */
  'GET /v1/scopes/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['ScopeWithSections'];
  };
  /** List the activity of a scope */
  'GET /v1/scopes/{id}/activity': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** One kind, or all of a subject: `comment.added`, `comment`. */
      readonly kind?: string | undefined;
      /** What one person did. */
      readonly actor?: string | undefined;
    };
    readonly reply: Schemas['ScopeActivityPage'];
  };
  /** List the suggestions and analyses of a scope */
  'GET /v1/scopes/{id}/analyses': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly kind?: 'suggest' | 'analyze' | undefined;
    };
    readonly reply: Schemas['ScopeAnalysisPage'];
  };
  /** List the threads of a scope */
  'GET /v1/scopes/{id}/comments': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** Those on one section. */
      readonly section_id?: string | undefined;
      readonly resolved?: 'true' | 'false' | undefined;
    };
    readonly reply: Schemas['CommentThreadPage'];
  };
  /** Follow a scope: its changes and who is present */
  'GET /v1/scopes/{id}/events': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** The number of the last change that you know of. Of no use in a stream: that has Last-Event-ID. */
      readonly after?: number | undefined;
    };
    readonly reply: Schemas['ScopeEvents'];
  };
  /** List the exports of a scope */
  'GET /v1/scopes/{id}/exports': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['ScopeExportPage'];
  };
  /** List the extractions of a scope */
  'GET /v1/scopes/{id}/extractions': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['ExtractionPage'];
  };
  /** List the sections of a scope */
  'GET /v1/scopes/{id}/sections': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['ScopeSectionList'];
  };
  /** List the versions of a scope */
  'GET /v1/scopes/{id}/versions': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['ScopeVersionSummaryPage'];
  };
  /** Read a scope as it was */
  'GET /v1/scopes/{id}/versions/{number}': {
    readonly params: {
      readonly id: string;
      readonly number: string;
    };
    readonly reply: Schemas['ScopeVersion'];
  };
  /** Compare two versions of a scope */
  'GET /v1/scopes/{id}/versions/{number}/diff': {
    readonly params: {
      readonly id: string;
      readonly number: string;
    };
    readonly query: {
      /** The number of another version. */
      readonly from?: number | undefined;
    };
    readonly reply: Schemas['ScopeDiff'];
  };
  /** List sessions of memory */
  'GET /v1/sessions': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly level?: 'private' | 'team' | 'organization' | undefined;
      readonly author_id?: string | undefined;
    };
    readonly reply: Schemas['MemorySessionPage'];
  };
  /** Read a session of memory */
  'GET /v1/sessions/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['MemorySession'];
  };
  /** List the files of a session */
  'GET /v1/sessions/{id}/files': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['MemoryFilePage'];
  };
  /** Read the bytes of a file */
  'GET /v1/sessions/{id}/files/{file_id}': {
    readonly params: {
      readonly id: string;
      readonly file_id: string;
    };
    readonly reply: unknown;
  };
  /** Read the messages of a session */
  'GET /v1/sessions/{id}/messages': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['MemoryMessagePage'];
  };
  /** Report your themes and feelings over time */
  'GET /v1/spectrum': {
    readonly query: {
      readonly from?: string | undefined;
      readonly to?: string | undefined;
      readonly bucket?: 'day' | 'week' | undefined;
      readonly format?: 'json' | 'csv' | undefined;
    };
    readonly reply: Schemas['Spectrum'];
  };
  /** Read which records have changed */
  'GET /v1/storage/changes': {
    readonly query: {
      /** The `next` of the answer before; none: all records. */
      readonly since?: string | undefined;
      readonly limit?: number | undefined;
    };
    readonly reply: Schemas['RecordChanges'];
  };
  /** List your records */
  'GET /v1/storage/records': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      readonly table?: string | undefined;
      readonly page?: number | undefined;
    };
    readonly reply: Schemas['RecordList'];
  };
  /** Read the bytes of a record */
  'GET /v1/storage/records/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: unknown;
  };
  /** List the templates of the workspace, and public ones */
  'GET /v1/templates': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
      /** The workspace; it must be the account that the call is for. */
      readonly workspace_id?: string | undefined;
      /** Both when not said. */
      readonly visibility?: 'workspace' | 'public' | undefined;
    };
    readonly reply: Schemas['TemplateSummaryPage'];
  };
  /** Read a template */
  'GET /v1/templates/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Template'];
  };
  /** List your turns */
  'GET /v1/turns': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['TurnPage'];
  };
  /** Read the usage of each limit and the ledger */
  'GET /v1/usage': {
    readonly query: {
      readonly product?: string | undefined;
      readonly feature?: string | undefined;
      readonly model?: string | undefined;
      readonly user_id?: string | undefined;
      readonly key_id?: string | undefined;
      readonly request_id?: string | undefined;
      readonly permit_id?: string | undefined;
      readonly status?: 'pending' | 'sent' | 'posted' | 'voided' | undefined;
      /** The first instant. */
      readonly from?: string | undefined;
      /** The instant after the last. */
      readonly until?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['Usage'];
  };
  /** List what limits denied your calls */
  'GET /v1/usage/denials': {
    readonly query: {
      readonly product?: string | undefined;
      /** The limit that denied them. */
      readonly limit_name?: string | undefined;
      readonly plan?: string | undefined;
      readonly from?: string | undefined;
      readonly until?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['DenialCountPage'];
  };
  /** List failed calls of the account by error code */
  'GET /v1/usage/errors': {
    readonly query: {
      readonly code?: string | undefined;
      readonly route?: string | undefined;
      readonly from?: string | undefined;
      readonly until?: string | undefined;
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['CallErrorCountPage'];
  };
  /** Read a row of the ledger, and why it is as it is */
  'GET /v1/usage/events/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['UsageEventDetails'];
  };
  /** Export the ledger as CSV or JSON lines */
  'GET /v1/usage/export': {
    readonly query: {
      readonly format: 'csv' | 'jsonl';
      readonly product?: string | undefined;
      readonly feature?: string | undefined;
      readonly model?: string | undefined;
      readonly user_id?: string | undefined;
      readonly key_id?: string | undefined;
      readonly request_id?: string | undefined;
      readonly permit_id?: string | undefined;
      readonly status?: 'pending' | 'sent' | 'posted' | 'voided' | undefined;
      /** The first instant. */
      readonly from?: string | undefined;
      /** The instant after the last. */
      readonly until?: string | undefined;
    };
    readonly reply: unknown;
  };
  /** Report usage and cost of the account */
  'GET /v1/usage/report': {
    readonly query: {
      /** The fields to group by, separated by commas: user, plan, product, feature, key, provider, model, day. Empty: one total. */
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
    readonly reply: Schemas['UsageTotalReport'];
  };
  /** List your workspaces */
  'GET /v1/workspaces': {
    readonly query: {
      /** How many entries a page holds. */
      readonly limit?: number | undefined;
      /** The `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly reply: Schemas['WorkspacePage'];
  };
  /** Read a workspace */
  'GET /v1/workspaces/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Workspace'];
  };
  /** Create a link to the logo */
  'GET /v1/workspaces/{id}/logo': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['SignedLink'];
  };
  /** Change the time zone of the account */
  'PATCH /v1/account': {
    readonly body: Schemas['UpdateAccountRequest'];
    readonly reply: Schemas['Account'];
  };
  /** Override the seats or offline minutes of a licence */
  'PATCH /v1/admin/licenses/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['ChangeLicenseRequest'];
    readonly reply: Schemas['AdminLicense'];
  };
  /** Change a public template */
  'PATCH /v1/admin/orbit/templates/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['UpdateTemplateRequest'];
    readonly reply: Schemas['Template'];
  };
  /** Change, enable or disable a webhook endpoint */
  'PATCH /v1/admin/webhooks/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['UpdateWebhookRequest'];
    readonly reply: Schemas['Webhook'];
  };
  /** Rename a passkey */
  'PATCH /v1/auth/mfa/passkeys/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['RenamePasskeyRequest'];
    readonly reply: Schemas['Passkey'];
  };
  /** Change your comment */
  'PATCH /v1/comments/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['UpdateCommentRequest'];
    readonly reply: Schemas['Comment'];
  };
  /** Change the level of a document of context */
  'PATCH /v1/context/documents/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['ChangeContextDocument'];
    readonly reply: Schemas['ContextDocumentSummary'];
  };
  /** Change the level or the status of a decision */
  'PATCH /v1/decisions/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['ChangeDecision'];
    readonly reply: Schemas['DecisionSummary'];
  };
  /** Choose a variant, name a draft, change its brief */
  'PATCH /v1/drafts/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['UpdateDraftRequest'];
    readonly reply: Schemas['Draft'];
  };
  /** Change an action, or say that it is done */
  'PATCH /v1/lens/actions/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['UpdateActionRequest'];
    readonly reply: Schemas['KeptAction'];
  };
  /** Change a goal */
  'PATCH /v1/lens/goals/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['UpdateGoalRequest'];
    readonly reply: Schemas['KeptGoal'];
  };
  /** Change an asset */
  'PATCH /v1/library/assets/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['UpdateAssetRequest'];
    readonly reply: Schemas['Asset'];
  };
  /** Renew a seat (heartbeat) */
  'PATCH /v1/licenses/sessions/{id}/heartbeat': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['LicenseToken'];
    readonly reply: Schemas['LicenseHeartbeat'];
  };
  /** Change your profile */
  'PATCH /v1/me': {
    readonly body: Schemas['UpdateUserRequest'];
    readonly reply: Schemas['User'];
  };
  /** Rename an organization */
  'PATCH /v1/organizations/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['UpdateOrganizationRequest'];
    readonly reply: Schemas['Organization'];
  };
  /** Change a member's role */
  'PATCH /v1/organizations/{id}/members/{user_id}': {
    readonly params: {
      readonly id: string;
      readonly user_id: string;
    };
    readonly body: Schemas['UpdateMemberRequest'];
    readonly reply: Schemas['Member'];
  };
  /** Rename a team */
  'PATCH /v1/organizations/{id}/teams/{team_id}': {
    readonly params: {
      readonly id: string;
      readonly team_id: string;
    };
    readonly body: Schemas['UpdateTeamRequest'];
    readonly reply: Schemas['Team'];
  };
  /** Change the title or the level of a pattern */
  'PATCH /v1/patterns/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['ChangePattern'];
    readonly reply: Schemas['PatternSummary'];
  };
  /** Change your profile */
  'PATCH /v1/profile': {
    readonly body: Schemas['UpdateProfileRequest'];
    readonly reply: Schemas['KeptProfile'];
  };
  /** Change, archive or unarchive a project */
  'PATCH /v1/projects/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['UpdateProjectRequest'];
    readonly reply: Schemas['Project'];
  };
  /** Change a scope */
  'PATCH /v1/scopes/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['UpdateScopeRequest'];
    readonly reply: Schemas['Scope'];
  };
  /** Change a section */
  'PATCH /v1/scopes/{id}/sections/{section_id}': {
    readonly params: {
      readonly id: string;
      readonly section_id: string;
    };
    readonly body: Schemas['UpdateSectionRequest'];
    readonly reply: Schemas['ScopeSection'];
  };
  /** Set the status of a scope */
  'PATCH /v1/scopes/{id}/status': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['SetScopeStatusRequest'];
    readonly reply: Schemas['Scope'];
  };
  /** Change the title or the level of a session */
  'PATCH /v1/sessions/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['ChangeMemorySession'];
    readonly reply: Schemas['MemorySession'];
  };
  /** Change a template of the workspace */
  'PATCH /v1/templates/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['UpdateTemplateRequest'];
    readonly reply: Schemas['Template'];
  };
  /** Change a workspace */
  'PATCH /v1/workspaces/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['UpdateWorkspaceRequest'];
    readonly reply: Schemas['Workspace'];
  };
  /** Reinstate a suspended account */
  'POST /v1/admin/accounts/{id}/reinstate': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Suspend an account */
  'POST /v1/admin/accounts/{id}/suspend': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Process events from payment providers again */
  'POST /v1/admin/billing/inbox/replay': {
    readonly body: Schemas['ReplayInboxRequest'];
    readonly reply: Schemas['InboxReplay'];
  };
  /** Give an account extra credits */
  'POST /v1/admin/credits': {
    readonly body: Schemas['GrantCreditsRequest'];
    readonly reply: Schemas['CreditGrant'];
  };
  /** Create an export of an account or a person, as an operator */
  'POST /v1/admin/data/exports': {
    readonly body: Schemas['OperatorExportRequest'];
    readonly reply: Schemas['OperatorExport'];
  };
  /** Give an account a plan or an add-on */
  'POST /v1/admin/grants': {
    readonly body: Schemas['CreateGrantRequest'];
    readonly reply: Schemas['Grant'];
  };
  /** Run a dead job again */
  'POST /v1/admin/jobs/{id}/replay': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['AdminJob'];
  };
  /** Rotate the key that signs licence files and sessions */
  'POST /v1/admin/licenses/signing-keys': {
    readonly body: Schemas['RotateLicenseSigningKeyRequest'];
    readonly reply: Schemas['LicenseSigningKey'];
  };
  /** Extend a licence past its paid period */
  'POST /v1/admin/licenses/{id}/extend': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['ExtendLicenseRequest'];
    readonly reply: Schemas['AdminLicense'];
  };
  /** Reinstate a licence that an operator suspended */
  'POST /v1/admin/licenses/{id}/reinstate': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['AdminLicense'];
  };
  /** Suspend a licence */
  'POST /v1/admin/licenses/{id}/suspend': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['SuspendLicenseRequest'];
    readonly reply: Schemas['AdminLicense'];
  };
  /** Publish a template for all workspaces */
  'POST /v1/admin/orbit/templates': {
    readonly body: Schemas['NewTemplate'];
    readonly reply: Schemas['Template'];
  };
  /** Pay payees what is payable */
  'POST /v1/admin/payouts': {
    readonly body: Schemas['PayOutRequest'];
    readonly reply: Schemas['PayoutRun'];
  };
  /** Rotate the key that signs approvals and the list of removed plugins */
  'POST /v1/admin/plugins/signing-keys': {
    readonly reply: Schemas['PluginSigningKey'];
  };
  /** Approve or reject a version */
  'POST /v1/admin/plugins/{id}/reviews': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['ReviewPluginRequest'];
    readonly reply: Schemas['ReviewedPluginVersion'];
  };
  /** Opt many accounts out of platform-wide statistics */
  'POST /v1/admin/privacy/policies': {
    readonly body: Schemas['PrivacyPoliciesRequest'];
    readonly reply: Schemas['PrivacyPolicies'];
  };
  /** Record sales of an account */
  'POST /v1/admin/proceeds': {
    readonly body: Schemas['RecordProceedsRequest'];
    readonly reply: Schemas['ProceedsResultList'];
  };
  /** Adjust the usage of a limit or the cost of a call */
  'POST /v1/admin/usage/adjustments': {
    readonly body: Schemas['AdjustUsageRequest'];
    readonly reply: Schemas['UsageAdjustment'];
  };
  /** Remove all second factors of a user */
  'POST /v1/admin/users/{id}/mfa/reset': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Reinstate a suspended user */
  'POST /v1/admin/users/{id}/reinstate': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Suspend a user */
  'POST /v1/admin/users/{id}/suspend': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Create a webhook endpoint */
  'POST /v1/admin/webhooks': {
    readonly body: Schemas['CreateWebhookRequest'];
    readonly reply: Schemas['WebhookWithSecret'];
  };
  /** Replay failed deliveries to an endpoint */
  'POST /v1/admin/webhooks/{id}/replay': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['ReplayDeliveriesRequest'];
    readonly reply: Schemas['DeliveryReplay'];
  };
  /** A new secret */
  'POST /v1/admin/webhooks/{id}/rotate': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['RotateWebhookSecretRequest'];
    readonly reply: Schemas['WebhookWithSecret'];
  };
  /** Send a test event to an endpoint */
  'POST /v1/admin/webhooks/{id}/test': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['WebhookTest'];
  };
  /** Cancel suggestions or an analysis */
  'POST /v1/ai/analyses/{id}/cancel': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['CanceledAnalysis'];
  };
  /** Find risks, gaps and contradictions of a scope */
  'POST /v1/ai/analyze': {
    readonly body: Schemas['AnalyzeRequest'];
    readonly reply: Schemas['AcceptedAnalysis'];
  };
  /** Create a chat completion (OpenAI’s protocol) */
  'POST /v1/ai/chat/completions': {
    readonly body: Schemas['ChatCompletionRequest'];
    readonly reply: Schemas['ChatCompletion'];
  };
  /** Extract documents into sections of a scope */
  'POST /v1/ai/extract': {
    readonly body: Schemas['ExtractRequest'];
    readonly reply: Schemas['AcceptedExtraction'];
  };
  /** Cancel an extraction */
  'POST /v1/ai/extractions/{id}/cancel': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['CanceledExtraction'];
  };
  /** Suggest changes of a section */
  'POST /v1/ai/suggest': {
    readonly body: Schemas['SuggestRequest'];
    readonly reply: Schemas['AcceptedAnalysis'];
  };
  /** Create an API key */
  'POST /v1/api-keys': {
    readonly body: Schemas['CreateApiKeyRequest'];
    readonly reply: Schemas['NewApiKey'];
  };
  /** Rotate an API key */
  'POST /v1/api-keys/{id}/rotate': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['NewApiKey'];
  };
  /** Accept an admin invitation */
  'POST /v1/auth/accept-admin': {
    readonly body: Schemas['AcceptAdminRequest'];
    readonly reply: Schemas['AcceptedAdmin'];
  };
  /** Change your email address */
  'POST /v1/auth/change-email': {
    readonly body: Schemas['ChangeEmailRequest'];
    readonly reply: Schemas['EmailChange'];
  };
  /** Change your password */
  'POST /v1/auth/change-password': {
    readonly body: Schemas['ChangePasswordRequest'];
    readonly reply: Schemas['PasswordChange'];
  };
  /** Get tokens for a one-time code */
  'POST /v1/auth/exchange': {
    readonly body: Schemas['ExchangeCodeRequest'];
    readonly reply: Schemas['SignInAnswer'];
  };
  /** Sign in by an ID token of Firebase */
  'POST /v1/auth/firebase': {
    readonly body: Schemas['FirebaseSignInRequest'];
    readonly reply: Schemas['SignInAnswer'];
  };
  /** Send a link to choose a new password */
  'POST /v1/auth/forgot-password': {
    readonly body: Schemas['ForgotPasswordRequest'];
    readonly reply: Schemas['PasswordResetMail'];
  };
  /** Sign in by a code that an app got from Google */
  'POST /v1/auth/google': {
    readonly body: Schemas['GoogleSignInRequest'];
    readonly reply: Schemas['SignInAnswer'];
  };
  /** Sign in with email and password */
  'POST /v1/auth/login': {
    readonly body: Schemas['LoginRequest'];
    readonly reply: Schemas['SignInAnswer'];
  };
  /** End this session */
  'POST /v1/auth/logout': {
    readonly reply: Schemas['Ok'];
  };
  /** End all your sessions */
  'POST /v1/auth/logout-all': {
    readonly reply: Schemas['Ok'];
  };
  /** Create passkey options for the second factor */
  'POST /v1/auth/mfa/options': {
    readonly body: Schemas['MfaOptionsRequest'];
    readonly reply: Schemas['PasskeyRequestOptions'];
  };
  /** Add a passkey */
  'POST /v1/auth/mfa/passkeys': {
    readonly body: Schemas['AddPasskeyRequest'];
    readonly reply: Schemas['AddedPasskey'];
  };
  /** Create passkey options for registration */
  'POST /v1/auth/mfa/passkeys/options': {
    readonly reply: Schemas['PasskeyCreationOptions'];
  };
  /** Create new recovery codes */
  'POST /v1/auth/mfa/recovery-codes': {
    readonly reply: Schemas['RecoveryCodes'];
  };
  /** Start the set-up of an authenticator app */
  'POST /v1/auth/mfa/totp': {
    readonly reply: Schemas['TotpEnrollment'];
  };
  /** Confirm an authenticator app */
  'POST /v1/auth/mfa/totp/confirm': {
    readonly body: Schemas['ConfirmTotpRequest'];
    readonly reply: Schemas['TotpConfirmation'];
  };
  /** End a sign-in with a second factor */
  'POST /v1/auth/mfa/verify': {
    readonly body: Schemas['VerifyMfaRequest'];
    readonly reply: Schemas['TokenPair'];
  };
  /** Sign in with a passkey */
  'POST /v1/auth/passkey': {
    readonly body: Schemas['PasskeySignInRequest'];
    readonly reply: Schemas['TokenPair'];
  };
  /** Create passkey options for a sign-in without password */
  'POST /v1/auth/passkey/options': {
    readonly reply: Schemas['PasskeyRequestOptions'];
  };
  /** Get a new pair of tokens */
  'POST /v1/auth/refresh': {
    readonly body: Schemas['RefreshRequest'];
    readonly reply: Schemas['TokenPair'];
  };
  /** Register with email and password */
  'POST /v1/auth/register': {
    readonly body: Schemas['RegisterRequest'];
    readonly reply: Schemas['Registration'];
  };
  /** Send the mail again that opens a closed account */
  'POST /v1/auth/resend-restore': {
    readonly body: Schemas['ResendRestoreRequest'];
    readonly reply: Schemas['RestoreMail'];
  };
  /** Send the mail again that verifies an address */
  'POST /v1/auth/resend-verification': {
    readonly body: Schemas['ResendVerificationRequest'];
    readonly reply: Schemas['VerificationMail'];
  };
  /** Set a new password with the token of a mail */
  'POST /v1/auth/reset-password': {
    readonly body: Schemas['ResetPasswordRequest'];
    readonly reply: Schemas['PasswordReset'];
  };
  /** Open a closed account again */
  'POST /v1/auth/restore': {
    readonly body: Schemas['RestoreUserRequest'];
    readonly reply: Schemas['RestoredUser'];
  };
  /** Sign in the local owner by a link */
  'POST /v1/auth/sign-in-link': {
    readonly body: Schemas['SignInLinkRequest'];
    readonly reply: Schemas['SignInAnswer'];
  };
  /** Find out where somebody signs in */
  'POST /v1/auth/sso/start': {
    readonly body: Schemas['StartSsoRequest'];
    readonly reply: Schemas['SsoStart'];
  };
  /** Confirm your identity again (step-up) */
  'POST /v1/auth/step-up': {
    readonly body: Schemas['StepUpRequest'];
    readonly reply: Schemas['Ok'];
  };
  /** Create passkey options for step-up */
  'POST /v1/auth/step-up/options': {
    readonly reply: Schemas['PasskeyRequestOptions'];
  };
  /** Confirm an email address with the token of a mail */
  'POST /v1/auth/verify-email': {
    readonly body: Schemas['VerifyEmailRequest'];
    readonly reply: Schemas['EmailVerification'];
  };
  /** Buy a plan or an add-on */
  'POST /v1/billing/checkout': {
    readonly body: Schemas['CreateCheckoutSessionRequest'];
    readonly reply: Schemas['CheckoutSession'];
  };
  /** Change the card, see invoices */
  'POST /v1/billing/portal': {
    readonly body: Schemas['CreatePortalSessionRequest'];
    readonly reply: Schemas['PortalSession'];
  };
  /** Link an App Store or Google Play purchase to the account */
  'POST /v1/billing/purchases': {
    readonly body: Schemas['BindPurchaseRequest'];
    readonly reply: Schemas['BoundPurchase'];
  };
  /** Change plan, cycle or seats */
  'POST /v1/billing/subscription/change': {
    readonly body: Schemas['ChangeSubscriptionRequest'];
    readonly reply: Schemas['SubscriptionChange'];
  };
  /** Resume a canceled subscription */
  'POST /v1/billing/subscription/resume': {
    readonly body: Schemas['ResumeSubscriptionRequest'];
    readonly reply: Schemas['Subscription'];
  };
  /** Ask the assistant */
  'POST /v1/chat': {
    readonly body: Schemas['ChatRequest'];
    readonly reply: Schemas['ChatResult'];
  };
  /** Buy a plan of Coditect */
  'POST /v1/checkout/session': {
    readonly body: Schemas['BuyLicenseRequest'];
    readonly reply: Schemas['LicenseCheckout'];
  };
  /** Resolve a thread */
  'POST /v1/comments/{id}/resolve': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Comment'];
  };
  /** Reopen a resolved thread */
  'POST /v1/comments/{id}/unresolve': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Comment'];
  };
  /** Write a document of business context */
  'POST /v1/context/business': {
    readonly body: Schemas['WriteContextDocument'];
    readonly reply: Schemas['ContextDocument'];
  };
  /** Write a document of technical context */
  'POST /v1/context/technical': {
    readonly body: Schemas['WriteContextDocument'];
    readonly reply: Schemas['ContextDocument'];
  };
  /** Generate variants of a post */
  'POST /v1/create': {
    readonly body: Schemas['CreateGenerationRequest'];
    readonly reply: Schemas['QueuedGeneration'];
  };
  /** Record a decision */
  'POST /v1/decisions': {
    readonly body: Schemas['CreateDecision'];
    readonly reply: Schemas['Decision'];
  };
  /** Link a decision with a session, a message, another decision or a file */
  'POST /v1/decisions/{id}/links': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['LinkDecision'];
    readonly reply: Schemas['DecisionLink'];
  };
  /** Have another decision take the place of one */
  'POST /v1/decisions/{id}/supersede': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['SupersedeDecision'];
    readonly reply: Schemas['DecisionSummary'];
  };
  /** Register a key that packages are signed with */
  'POST /v1/developer/keys': {
    readonly body: Schemas['AddDeveloperKeyRequest'];
    readonly reply: Schemas['DeveloperKey'];
  };
  /** Revoke a key */
  'POST /v1/developer/keys/{id}/revoke': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['DeveloperKey'];
  };
  /** Open the page of the payment provider where the account says how it is paid */
  'POST /v1/developer/payee': {
    readonly body: Schemas['OnboardPayeeRequest'];
    readonly reply: Schemas['PayeePage'];
  };
  /** Submit a plugin, or a version of one */
  'POST /v1/developer/plugins': {
    readonly body: Schemas['SubmitPluginRequest'];
    readonly reply: Schemas['SubmittedPlugin'];
  };
  /** Say that the package was sent */
  'POST /v1/developer/plugins/{id}/versions/{version}/complete': {
    readonly params: {
      readonly id: string;
      readonly version: string;
    };
    readonly reply: Schemas['DeveloperPluginVersion'];
  };
  /** Start an upload */
  'POST /v1/documents/presign': {
    readonly body: Schemas['PresignDocumentRequest'];
    readonly reply: Schemas['PresignedDocument'];
  };
  /** Complete an upload */
  'POST /v1/documents/{id}/complete': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Document'];
  };
  /** Add a scope to your favourites */
  'POST /v1/favourites': {
    readonly body: Schemas['NewFavourite'];
    readonly reply: Schemas['FavouriteScope'];
  };
  /** Cancel a generation */
  'POST /v1/generations/{id}/cancel': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['CanceledGeneration'];
  };
  /** Say that two names are of one file */
  'POST /v1/graph/merges': {
    readonly body: Schemas['MergeFiles'];
    readonly reply: Schemas['FileMerge'];
  };
  /** Accept an invitation */
  'POST /v1/invitations/accept': {
    readonly body: Schemas['AcceptInvitationRequest'];
    readonly reply: Schemas['Organization'];
  };
  /** Set a goal */
  'POST /v1/lens/goals': {
    readonly body: Schemas['NewGoal'];
    readonly reply: Schemas['KeptGoal'];
  };
  /** Add an action to a goal */
  'POST /v1/lens/goals/{id}/actions': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['NewAction'];
    readonly reply: Schemas['KeptAction'];
  };
  /** Suggest next actions for a goal */
  'POST /v1/lens/goals/{id}/suggest': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Suggestions'];
  };
  /** Save to the library */
  'POST /v1/library/assets': {
    readonly body: Schemas['SaveAssetRequest'];
    readonly reply: Schemas['Asset'];
  };
  /** Restore an asset from the trash */
  'POST /v1/library/assets/{id}/restore': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Asset'];
  };
  /** Acquire a seat */
  'POST /v1/licenses/acquire': {
    readonly body: Schemas['LicenseAcquire'];
    readonly reply: Schemas['LicenseSession'];
  };
  /** Activate a licence on a machine */
  'POST /v1/licenses/activate': {
    readonly body: Schemas['ActivateLicenseRequest'];
    readonly reply: Schemas['LicenseActivation'];
  };
  /** Borrow a seat for longer work without the server */
  'POST /v1/licenses/borrow': {
    readonly body: Schemas['LicenseBorrow'];
    readonly reply: Schemas['LicenseHeartbeat'];
  };
  /** Deactivate a licence on a machine */
  'POST /v1/licenses/deactivate': {
    readonly body: Schemas['DeactivateLicenseRequest'];
    readonly reply: null;
  };
  /** Release a seat */
  'POST /v1/licenses/release': {
    readonly body: Schemas['LicenseSessionToken'];
    readonly reply: null;
  };
  /** Validate a licence key */
  'POST /v1/licenses/validate': {
    readonly body: Schemas['ValidateLicenseRequest'];
    readonly reply: Schemas['LicenseValidity'];
  };
  /** Replace the key of a licence */
  'POST /v1/licenses/{id}/key': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['LicenseKeyRotation'];
  };
  /** Use memory by the Model Context Protocol */
  'POST /v1/mcp': {
    readonly body: Schemas['McpMessage'];
    readonly reply: Schemas['McpAnswer'];
  };
  /** Create an export of all your data */
  'POST /v1/me/exports': {
    readonly reply: Schemas['DataExport'];
  };
  /** Send a message to a session */
  'POST /v1/mirror/messages': {
    readonly body: Schemas['NewMirrorMessage'];
    readonly reply: Schemas['MirrorReply'];
  };
  /** Open a session */
  'POST /v1/mirror/sessions': {
    readonly body: Schemas['NewMirrorSession'];
    readonly reply: Schemas['CrisisReply'] | Schemas['MirrorSession'];
  };
  /** Close a session */
  'POST /v1/mirror/sessions/{id}/close': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['MirrorSessionDetail'];
  };
  /** Save your goals */
  'POST /v1/onboarding/goals': {
    readonly body: Schemas['OnboardingGoalsRequest'];
    readonly reply: Schemas['OnboardingStatus'];
  };
  /** Choose a plan */
  'POST /v1/onboarding/subscribe': {
    readonly body: Schemas['OnboardingSubscribeRequest'];
    readonly reply: Schemas['OnboardingCheckout'];
  };
  /** Invite the team and set the privacy level */
  'POST /v1/onboarding/team': {
    readonly body: Schemas['OnboardingTeamRequest'];
    readonly reply: Schemas['OnboardingTeam'];
  };
  /** Create a workspace in the onboarding */
  'POST /v1/onboarding/workspace': {
    readonly body: Schemas['BeginWorkspaceRequest'];
    readonly reply: Schemas['OnboardingStatus'];
  };
  /** Skip a step */
  'POST /v1/onboarding/{step}/skip': {
    readonly params: {
      readonly step: string;
    };
    readonly reply: Schemas['OnboardingStatus'];
  };
  /** Create an organization */
  'POST /v1/organizations': {
    readonly body: Schemas['CreateOrganizationRequest'];
    readonly reply: Schemas['Organization'];
  };
  /** Create an export of all data of an organization */
  'POST /v1/organizations/{id}/exports': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['DataExport'];
  };
  /** Invite somebody by email */
  'POST /v1/organizations/{id}/invitations': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['CreateInvitationRequest'];
    readonly reply: Schemas['Invitation'];
  };
  /** Send an invitation anew */
  'POST /v1/organizations/{id}/invitations/{invitation_id}/resend': {
    readonly params: {
      readonly id: string;
      readonly invitation_id: string;
    };
    readonly reply: Schemas['Invitation'];
  };
  /** Open a closed organization again */
  'POST /v1/organizations/{id}/restore': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Organization'];
  };
  /** Claim a domain */
  'POST /v1/organizations/{id}/sso/domains': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['AddSsoDomainRequest'];
    readonly reply: Schemas['SsoDomain'];
  };
  /** Verify a domain */
  'POST /v1/organizations/{id}/sso/domains/{domain}/verify': {
    readonly params: {
      readonly id: string;
      readonly domain: string;
    };
    readonly reply: Schemas['SsoDomain'];
  };
  /** Create a team */
  'POST /v1/organizations/{id}/teams': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['CreateTeamRequest'];
    readonly reply: Schemas['Team'];
  };
  /** Transfer your ownership to another member */
  'POST /v1/organizations/{id}/transfer': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['TransferOrganizationRequest'];
    readonly reply: Schemas['Member'];
  };
  /** Find patterns in sessions */
  'POST /v1/patterns/extract': {
    readonly body: Schemas['ExtractPatterns'];
    readonly reply: Schemas['QueuedPatterns'];
  };
  /** Rate a pattern */
  'POST /v1/patterns/{id}/rating': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['RatePattern'];
    readonly reply: Schemas['PatternSummary'];
  };
  /** Request a permit */
  'POST /v1/permits': {
    readonly body: Schemas['CreatePermitRequest'];
    readonly reply: Schemas['Permit'];
  };
  /** Extend the time or reserve of a permit */
  'POST /v1/permits/{id}/extend': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['ExtendPermitRequest'];
    readonly reply: Schemas['ExtendedPermit'];
  };
  /** Release a permit whose work cost nothing */
  'POST /v1/permits/{id}/release': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['ReleasePermitRequest'];
    readonly reply: Schemas['ReleasedPermit'];
  };
  /** Settle a permit with the actual usage and cost */
  'POST /v1/permits/{id}/settle': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['SettlePermitRequest'];
    readonly reply: Schemas['SettledPermit'];
  };
  /** Run a step of a plan that asks a model */
  'POST /v1/plans/steps/run': {
    readonly body: Schemas['RunStepRequest'];
    readonly reply: Schemas['StepResult'];
  };
  /** Install a plugin, or get its newest version */
  'POST /v1/plugins/{id}/install': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['PluginInstallRequest'];
    readonly reply: Schemas['PluginInstalled'];
  };
  /** Opt in to platform-wide statistics, or out of them */
  'POST /v1/privacy/settings': {
    readonly body: Schemas['UpdatePrivacySettingsRequest'];
    readonly reply: Schemas['PrivacySettings'];
  };
  /** Create a project */
  'POST /v1/projects': {
    readonly body: Schemas['CreateProjectRequest'];
    readonly reply: Schemas['Project'];
  };
  /** Generate another version of a draft */
  'POST /v1/regenerate': {
    readonly body: Schemas['RegenerateRequest'];
    readonly reply: Schemas['QueuedGeneration'];
  };
  /** Create a scope */
  'POST /v1/scopes': {
    readonly body: Schemas['CreateScopeRequest'];
    readonly reply: Schemas['ScopeWithSections'];
  };
  /** Comment on a scope, on one of its sections, or in a thread */
  'POST /v1/scopes/{id}/comments': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['NewComment'];
    readonly reply: Schemas['Comment'];
  };
  /** Duplicate a scope with its sections */
  'POST /v1/scopes/{id}/duplicate': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['DuplicateScopeRequest'];
    readonly reply: Schemas['ScopeWithSections'];
  };
  /** Export a scope as a file */
  'POST /v1/scopes/{id}/export': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['ExportScopeRequest'];
    readonly reply: Schemas['QueuedScopeExport'];
  };
  /** Restore a scope from the trash */
  'POST /v1/scopes/{id}/restore': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['Scope'];
  };
  /** Add a section */
  'POST /v1/scopes/{id}/sections': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['CreateSectionRequest'];
    readonly reply: Schemas['ScopeSection'];
  };
  /** Move a section to another place */
  'POST /v1/scopes/{id}/sections/{section_id}/move': {
    readonly params: {
      readonly id: string;
      readonly section_id: string;
    };
    readonly body: Schemas['MoveSectionRequest'];
    readonly reply: Schemas['ScopeSection'];
  };
  /** Take a backup of the embedded database */
  'POST /v1/server/backup': {
    readonly body: Schemas['BackupRequest'];
    readonly reply: unknown;
  };
  /** Create a session of memory */
  'POST /v1/sessions': {
    readonly body: Schemas['CreateMemorySession'];
    readonly reply: Schemas['MemorySession'];
  };
  /** Export a session: summary, decisions and metadata */
  'POST /v1/sessions/{id}/export': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['ExportMemorySession'];
    readonly reply: Schemas['MemorySessionExport'];
  };
  /** Store a file of a session */
  'POST /v1/sessions/{id}/files': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** Your own name for it; it is not sealed. */
      readonly client_id: string;
      readonly name: string;
      /** Its media type; it is not sealed. */
      readonly type?: string | undefined;
    };
    readonly reply: Schemas['MemoryFile'];
  };
  /** Store messages of a session */
  'POST /v1/sessions/{id}/messages': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['StoreMemoryMessages'];
    readonly reply: Schemas['StoredMemoryMessages'];
  };
  /** Have a model sum a session up */
  'POST /v1/sessions/{id}/summary': {
    readonly params: {
      readonly id: string;
    };
    readonly reply: Schemas['RefinedSummary'];
  };
  /** Store a record */
  'POST /v1/storage/records': {
    readonly query: {
      readonly table?: string | undefined;
    };
    readonly body: Schemas['StorageRecordCreate'];
    readonly reply: Schemas['RecordCreated'];
  };
  /** Read the bytes of several records */
  'POST /v1/storage/records/read': {
    readonly body: Schemas['RecordsRead'];
    readonly reply: Schemas['RecordsReply'];
  };
  /** Store several records */
  'POST /v1/storage/records/write': {
    readonly body: Schemas['RecordsWrite'];
    readonly reply: Schemas['RecordsWritten'];
  };
  /** Read vectors by their ids */
  'POST /v1/storage/vectors/read': {
    readonly body: Schemas['VectorReadRequest'];
    readonly reply: Schemas['VectorReadResponse'];
  };
  /** Search vectors */
  'POST /v1/storage/vectors/search': {
    readonly body: Schemas['VectorSearchRequest'];
    readonly reply: Schemas['VectorSearchResponse'];
  };
  /** Store vectors */
  'POST /v1/storage/vectors/upsert': {
    readonly body: Schemas['VectorUpsertRequest'];
    readonly reply: Schemas['VectorUpsertResponse'];
  };
  /** Create a template for the workspace */
  'POST /v1/templates': {
    readonly body: Schemas['CreateTemplateRequest'];
    readonly reply: Schemas['Template'];
  };
  /** Apply a template to a scope */
  'POST /v1/templates/{id}/apply': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['ApplyTemplateRequest'];
    readonly reply: Schemas['ScopeWithSections'];
  };
  /** Reframe a thought */
  'POST /v1/turns': {
    readonly body: Schemas['NewTurn'];
    readonly reply: Schemas['TurnReply'];
  };
  /** Rate a turn */
  'POST /v1/turns/{id}/feedback': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['TurnFeedback'];
    readonly reply: Schemas['RatedTurn'];
  };
  /** Report usage that was metered elsewhere */
  'POST /v1/usage-events': {
    readonly body: Schemas['ReportUsageEventsRequest'];
    readonly reply: Schemas['UsageEventResultList'];
  };
  /** Receive notifications of the App Store */
  'POST /v1/webhooks/app-store': {
    readonly body: Schemas['AppStoreNotification'];
    readonly reply: Schemas['AppStoreReceipt'];
  };
  /** Receive notifications of Google Play */
  'POST /v1/webhooks/google-play': {
    readonly body: Schemas['GooglePlayPush'];
    readonly reply: Schemas['GooglePlayReceipt'];
  };
  /** Receive events of Stripe */
  'POST /v1/webhooks/stripe': {
    readonly body: Schemas['StripeEvent'];
    readonly reply: Schemas['StripeEventReceipt'];
  };
  /** Create a workspace */
  'POST /v1/workspaces': {
    readonly body: Schemas['CreateWorkspaceRequest'];
    readonly reply: Schemas['Workspace'];
  };
  /** Start the upload of a logo */
  'POST /v1/workspaces/{id}/logo': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['UploadLogoRequest'];
    readonly reply: Schemas['LogoUpload'];
  };
  /** Set an uploaded file as the logo */
  'POST /v1/workspaces/{id}/logo/{blob_id}/complete': {
    readonly params: {
      readonly id: string;
      readonly blob_id: string;
    };
    readonly reply: Schemas['WorkspaceLogo'];
  };
  /** Extend an App Store or Google Play subscription at no charge */
  'PUT /v1/admin/billing/renewal-date': {
    readonly body: Schemas['ExtendSubscriptionRequest'];
    readonly reply: Schemas['BoundPurchase'];
  };
  /** Store a backup */
  'PUT /v1/backup': {
    readonly reply: Schemas['BackupStored'];
  };
  /** Set the overage allowance of a limit */
  'PUT /v1/billing/overage': {
    readonly body: Schemas['SetOverageRequest'];
    readonly reply: Schemas['Overage'];
  };
  /** Send a file */
  'PUT /v1/blobs/{id}/content': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      /** Seconds since 1970. */
      readonly expires: number;
      readonly signature: string;
      readonly bytes: number;
      readonly type: string;
      readonly sha256: string;
    };
    readonly reply: null;
  };
  /** Send a part of a file */
  'PUT /v1/blobs/{id}/parts/{part}': {
    readonly params: {
      readonly id: string;
      readonly part: string;
    };
    readonly query: {
      /** Seconds since 1970. */
      readonly expires: number;
      readonly signature: string;
      readonly bytes: number;
    };
    readonly reply: null;
  };
  /** Write another version of a decision */
  'PUT /v1/decisions/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['WriteDecision'];
    readonly reply: Schemas['Decision'];
  };
  /** Set up single sign-on */
  'PUT /v1/organizations/{id}/sso': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['SetSsoConnectionRequest'];
    readonly reply: Schemas['SsoConnection'];
  };
  /** Add a member to a team */
  'PUT /v1/organizations/{id}/teams/{team_id}/members/{user_id}': {
    readonly params: {
      readonly id: string;
      readonly team_id: string;
      readonly user_id: string;
    };
    readonly reply: Schemas['Ok'];
  };
  /** Rate a plugin */
  'PUT /v1/plugins/{id}/rating': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['PluginRatingRequest'];
    readonly reply: Schemas['PluginRated'];
  };
  /** Say which section you are editing */
  'PUT /v1/scopes/{id}/editing': {
    readonly params: {
      readonly id: string;
    };
    readonly body: Schemas['EditingRequest'];
    readonly reply: Schemas['ScopePresence'];
  };
  /** Replace a record, or create it under an id of yours */
  'PUT /v1/storage/records/{id}': {
    readonly params: {
      readonly id: string;
    };
    readonly query: {
      readonly table?: string | undefined;
    };
    readonly body: Schemas['StorageRecordUpdate'];
    readonly reply: Schemas['RecordReplaced'] | Schemas['RecordPut'];
  };
}

/** Routes that take an Idempotency-Key. */
export const KEYED: ReadonlySet<string> = new Set([
  'POST /v1/admin/billing/inbox/replay',
  'POST /v1/admin/credits',
  'POST /v1/admin/data/exports',
  'POST /v1/admin/grants',
  'POST /v1/admin/jobs/{id}/replay',
  'POST /v1/admin/licenses/signing-keys',
  'POST /v1/admin/licenses/{id}/extend',
  'POST /v1/admin/orbit/templates',
  'POST /v1/admin/payouts',
  'POST /v1/admin/plugins/signing-keys',
  'POST /v1/admin/privacy/policies',
  'POST /v1/admin/proceeds',
  'POST /v1/admin/usage/adjustments',
  'POST /v1/admin/webhooks',
  'POST /v1/admin/webhooks/{id}/replay',
  'POST /v1/admin/webhooks/{id}/rotate',
  'POST /v1/admin/webhooks/{id}/test',
  'POST /v1/ai/analyses/{id}/cancel',
  'POST /v1/ai/analyze',
  'POST /v1/ai/chat/completions',
  'POST /v1/ai/extract',
  'POST /v1/ai/extractions/{id}/cancel',
  'POST /v1/ai/suggest',
  'POST /v1/api-keys',
  'POST /v1/api-keys/{id}/rotate',
  'POST /v1/auth/mfa/recovery-codes',
  'POST /v1/billing/checkout',
  'POST /v1/billing/subscription/change',
  'POST /v1/billing/subscription/resume',
  'POST /v1/chat',
  'POST /v1/checkout/session',
  'POST /v1/create',
  'POST /v1/developer/keys',
  'POST /v1/developer/plugins',
  'POST /v1/documents/presign',
  'POST /v1/generations/{id}/cancel',
  'POST /v1/lens/goals',
  'POST /v1/lens/goals/{id}/actions',
  'POST /v1/lens/goals/{id}/suggest',
  'POST /v1/library/assets',
  'POST /v1/library/assets/{id}/restore',
  'POST /v1/licenses/{id}/key',
  'POST /v1/me/exports',
  'POST /v1/mirror/messages',
  'POST /v1/mirror/sessions',
  'POST /v1/onboarding/goals',
  'POST /v1/onboarding/subscribe',
  'POST /v1/onboarding/team',
  'POST /v1/onboarding/workspace',
  'POST /v1/onboarding/{step}/skip',
  'POST /v1/organizations',
  'POST /v1/organizations/{id}/exports',
  'POST /v1/organizations/{id}/invitations',
  'POST /v1/organizations/{id}/invitations/{invitation_id}/resend',
  'POST /v1/organizations/{id}/sso/domains',
  'POST /v1/organizations/{id}/teams',
  'POST /v1/patterns/extract',
  'POST /v1/permits',
  'POST /v1/plans/steps/run',
  'POST /v1/privacy/settings',
  'POST /v1/projects',
  'POST /v1/regenerate',
  'POST /v1/scopes',
  'POST /v1/scopes/{id}/comments',
  'POST /v1/scopes/{id}/duplicate',
  'POST /v1/scopes/{id}/export',
  'POST /v1/scopes/{id}/restore',
  'POST /v1/scopes/{id}/sections',
  'POST /v1/scopes/{id}/sections/{section_id}/move',
  'POST /v1/sessions/{id}/summary',
  'POST /v1/templates',
  'POST /v1/templates/{id}/apply',
  'POST /v1/turns',
  'POST /v1/turns/{id}/feedback',
  'POST /v1/workspaces',
  'POST /v1/workspaces/{id}/logo',
  'POST /v1/workspaces/{id}/logo/{blob_id}/complete',
]);

/** Routes that are called by WebSocket too, and at which path. */
export const SOCKETS = {
  'POST /v1/chat': '/v1/chat/stream',
} as const;

/** A route that is called by WebSocket too. */
export type SocketRoute = keyof typeof SOCKETS;

/** Every code that an error may have. */
export type ErrorCode =
  | 'already_invited'
  | 'already_member'
  | 'already_subscribed'
  | 'analysis_ended'
  | 'answer_too_large'
  | 'answer_unusable'
  | 'app_not_sold'
  | 'author_only'
  | 'backup_code_wrong'
  | 'backup_disk_full'
  | 'backup_not_embedded'
  | 'backup_not_found'
  | 'backup_under_way'
  | 'blob_gone'
  | 'blob_not_found'
  | 'budget_invalid'
  | 'busy'
  | 'call_too_costly'
  | 'captcha_required'
  | 'change_replaced'
  | 'changes_gone'
  | 'checksum_mismatch'
  | 'client_gone'
  | 'comment_is_reply'
  | 'comment_not_found'
  | 'conflict'
  | 'connected_account_unknown'
  | 'consent_needed'
  | 'context_document_not_found'
  | 'context_document_too_large'
  | 'context_length_exceeded'
  | 'context_too_large'
  | 'deactivations_exhausted'
  | 'debit_takes_days'
  | 'decision_not_found'
  | 'decision_too_large'
  | 'delivery_malformed'
  | 'developer_key_invalid'
  | 'developer_key_not_found'
  | 'developer_key_revoked'
  | 'dns_unavailable'
  | 'document_not_found'
  | 'document_not_ready'
  | 'document_not_uploaded'
  | 'does_not_fit'
  | 'domain_taken'
  | 'domain_unfit'
  | 'domain_unproven'
  | 'email_not_verified'
  | 'export_not_found'
  | 'export_too_large'
  | 'extraction_ended'
  | 'extraction_running'
  | 'feature_not_open'
  | 'field_refused'
  | 'forbidden'
  | 'generation_ended'
  | 'graph_node_not_found'
  | 'idempotency_in_progress'
  | 'idempotency_key_required'
  | 'idempotency_mismatch'
  | 'illegal_status'
  | 'internal'
  | 'invalid_credentials'
  | 'invitation_expired'
  | 'invitation_for_another'
  | 'invited_too_often'
  | 'job_not_dead'
  | 'job_not_replayable'
  | 'last_owner'
  | 'length_required'
  | 'license_inactive'
  | 'license_key_malformed'
  | 'license_not_found'
  | 'license_suspended'
  | 'limit_exceeded'
  | 'link_invalid'
  | 'link_not_found'
  | 'link_target_not_found'
  | 'link_to_itself'
  | 'links_exhausted'
  | 'logo_not_found'
  | 'logo_unreadable'
  | 'machines_exhausted'
  | 'managed_elsewhere'
  | 'memory_file_conflict'
  | 'memory_file_empty'
  | 'memory_file_not_found'
  | 'memory_files_exhausted'
  | 'memory_session_not_found'
  | 'mention_unknown'
  | 'merge_not_found'
  | 'merge_with_itself'
  | 'merges_exhausted'
  | 'message_conflict'
  | 'message_too_large'
  | 'mfa_over'
  | 'mfa_paused'
  | 'mfa_refused'
  | 'mirror_session_busy'
  | 'mirror_session_closed'
  | 'model_unknown'
  | 'models_not_allowed'
  | 'no_variant_selected'
  | 'not_found'
  | 'nothing_sold'
  | 'nothing_to_sum_up'
  | 'offline_too_early'
  | 'offline_too_long'
  | 'open_conflicts'
  | 'operator_budget_closed'
  | 'organization_only'
  | 'origin_not_allowed'
  | 'outcome_unknown'
  | 'overage_not_sold'
  | 'own_origin_required'
  | 'own_plugin'
  | 'package_missing'
  | 'package_signature_invalid'
  | 'passkey_invalid'
  | 'pattern_not_found'
  | 'payee_not_payable'
  | 'payload_too_large'
  | 'payment_declined'
  | 'payment_needed'
  | 'payouts_running'
  | 'period_not_over'
  | 'permit_settled'
  | 'permit_stale'
  | 'plan_required'
  | 'plan_template_unknown'
  | 'plan_variables_invalid'
  | 'plugin_blocked'
  | 'plugin_id_taken'
  | 'plugin_manifest_refused'
  | 'plugin_name_reserved'
  | 'plugin_name_taken'
  | 'plugin_not_checked'
  | 'plugin_not_found'
  | 'plugin_not_installed'
  | 'plugin_not_offered'
  | 'plugin_own_review'
  | 'plugin_permission_unknown'
  | 'plugin_removed'
  | 'plugin_storage_full'
  | 'plugin_version_not_above'
  | 'plugin_version_not_found'
  | 'plugin_version_not_waiting'
  | 'plugin_versions_waiting'
  | 'precondition_failed'
  | 'price_changed'
  | 'prices_missing'
  | 'product_off'
  | 'project_archived'
  | 'project_not_found'
  | 'provider_email_unverified'
  | 'provider_not_found'
  | 'provider_rate_limited'
  | 'provider_rejected'
  | 'provider_timeout'
  | 'provider_unavailable'
  | 'provider_unprocessable'
  | 'purchase_bound'
  | 'purchase_disputed'
  | 'purchase_over'
  | 'purchase_unknown'
  | 'query_too_long'
  | 'range_not_satisfiable'
  | 'record_not_found'
  | 'record_table_fixed'
  | 'refreshed_too_often'
  | 'request_timeout'
  | 'sale_differs'
  | 'scope_frozen'
  | 'scope_not_found'
  | 'scope_too_long'
  | 'seat_taken_over'
  | 'seats_exhausted'
  | 'secret_unreadable'
  | 'section_limit'
  | 'section_not_found'
  | 'server_stopping'
  | 'session_expired'
  | 'session_not_found'
  | 'sign_in_canceled'
  | 'sign_in_failed'
  | 'sign_in_link_invalid'
  | 'sign_in_not_linked'
  | 'sign_in_not_set_up'
  | 'sign_in_unavailable'
  | 'signature_invalid'
  | 'signed_url_expired'
  | 'signed_url_invalid'
  | 'slug_taken'
  | 'sources_more_private'
  | 'sso_required'
  | 'sso_unconfigured'
  | 'sso_unproven'
  | 'step_required'
  | 'step_up_required'
  | 'storage_unavailable'
  | 'store_refused'
  | 'store_unavailable'
  | 'subscription_ending'
  | 'subscription_over'
  | 'supersession_cycle'
  | 'team_name_taken'
  | 'team_not_found'
  | 'template_limit'
  | 'template_not_found'
  | 'token_invalid'
  | 'too_many_attempts'
  | 'too_many_domains'
  | 'too_many_organizations'
  | 'too_many_sockets'
  | 'too_many_teams'
  | 'too_many_words'
  | 'unauthenticated'
  | 'unavailable'
  | 'unexpected_frame'
  | 'unsupported_media_type'
  | 'upgrade_required'
  | 'upload_expired'
  | 'upload_invalid'
  | 'upload_mismatch'
  | 'upload_missing'
  | 'upload_over'
  | 'upload_replaced'
  | 'user_closed'
  | 'user_suspended'
  | 'validation_failed'
  | 'vector_dimensions'
  | 'vector_invalid'
  | 'version_not_found'
  | 'webhook_disabled'
  | 'webhook_forged'
  | 'workers_busy'
  | 'workspace_mismatch'
  | 'wrong_account_kind'
  | 'wrong_password';
