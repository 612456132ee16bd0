/** One metric: its name in Prometheus, and what it counts. */
export interface MetricDeclaration {
  readonly name: string;
  readonly kind: 'counter' | 'histogram' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
}

/** All metrics; docs/generated/metrics.md is made from this list. */
export const METRICS = {
  httpRequests: {
    name: 'plinth_http_request_duration_seconds',
    kind: 'histogram',
    help: 'Requests by route and status, from the first byte read to the last byte written.',
    labels: ['route', 'status'],
  },
  denials: {
    name: 'plinth_denials_total',
    kind: 'counter',
    help: 'Calls that a limit refused.',
    labels: ['product', 'limit'],
  },
  seats: {
    name: 'plinth_seat_calls_total',
    kind: 'counter',
    help: 'Seats that machines asked for: `taken`, `denied`, `plan_required`; and their heartbeats: `renewed`, or why there was no seat any more.',
    labels: ['product', 'outcome'],
  },
  seatsInUse: {
    name: 'plinth_seats_in_use',
    kind: 'gauge',
    help: 'Machines that hold a seat at this moment, over all accounts.',
    labels: ['product'],
  },
  recounts: {
    name: 'plinth_reserve_recounts_total',
    kind: 'counter',
    help: 'Calls for whose bytes a budget had no room, so that their input was counted: `fits` would have been denied in vain, `too_large` was denied.',
    labels: ['product', 'result'],
  },
  aiSettings: {
    name: 'plinth_ai_settings_refused',
    kind: 'gauge',
    help: '1 while the file of AI_CONFIG or AI_UPSTREAMS is not in effect because it is wrong, or away; else 0.',
    labels: [],
  },
  rateFailures: {
    name: 'plinth_rate_failures_total',
    kind: 'counter',
    help: 'Times that rates could not be asked, so that callers passed uncounted.',
    labels: [],
  },
  redisBreaker: {
    name: 'plinth_redis_breaker_state',
    kind: 'gauge',
    help: 'Circuit breaker of Redis: 0 closed, 2 open (it is away or too slow, and PostgreSQL does its work).',
    labels: [],
  },
  redisFailures: {
    name: 'plinth_redis_failures_total',
    kind: 'counter',
    help: 'Calls to Redis, and probes of it, that failed or had no answer in time.',
    labels: [],
  },
  errorReports: {
    name: 'plinth_error_reports_total',
    kind: 'counter',
    help: 'Errors for the tracker of SENTRY_DSN: `sent`; `repeated`, of a kind that was sent within the minute and counts in its next event; `failed`, because the tracker is away, full or refuses.',
    labels: ['outcome'],
  },
  traceSpans: {
    name: 'plinth_trace_spans_total',
    kind: 'counter',
    help: 'Spans for the collector of OTEL_EXPORTER_OTLP_ENDPOINT: `sent`; `refused`, because it is away, slow or would not take them; `dropped`, because too many waited for it.',
    labels: ['outcome'],
  },
  providerCalls: {
    name: 'plinth_provider_call_duration_seconds',
    kind: 'histogram',
    help: 'Calls to AI providers by outcome; `rate_limited` are their 429s.',
    labels: ['provider', 'model', 'outcome'],
  },
  safetyFindings: {
    name: 'plinth_safety_findings_total',
    kind: 'counter',
    help: 'Texts and replies in which the safety part found something, by who found it; `moderation_failed`: nobody gave the second look, and the call went on.',
    labels: ['product', 'status', 'source'],
  },
  moderations: {
    name: 'plinth_safety_moderations_total',
    kind: 'counter',
    help: 'Second looks at texts by the provider’s moderation endpoint; `skipped`: nobody was asked, because it failed lately.',
    labels: ['outcome'],
  },
  promptLeaks: {
    name: 'plinth_prompt_leaks_total',
    kind: 'counter',
    help: 'Replies and tool calls that would have repeated a secret prompt or text and were cut, by what it was and by how it was written: plain, rot13, reversed, base64, hex.',
    labels: ['product', 'prompt', 'rule'],
  },
  breaker: {
    name: 'plinth_provider_breaker_state',
    kind: 'gauge',
    help: 'Circuit breakers: 0 closed, 1 half open, 2 open.',
    labels: ['provider', 'model'],
  },
  slots: {
    name: 'plinth_provider_slots',
    kind: 'gauge',
    help: 'Places of AI_SLOTS that this process uses (`used`), and calls that wait for one (`waiting`).',
    labels: ['provider', 'model', 'lane', 'state'],
  },
  jobWait: {
    name: 'plinth_job_wait_seconds',
    kind: 'histogram',
    help: 'From the time a job may start to its start.',
    labels: ['kind', 'lane'],
  },
  jobRun: {
    name: 'plinth_job_run_seconds',
    kind: 'histogram',
    help: 'From the start of a job to its end, by outcome.',
    labels: ['kind', 'lane', 'outcome'],
  },
  jobsDepth: {
    name: 'plinth_jobs_depth',
    kind: 'gauge',
    help: 'Jobs that are in the queue.',
    labels: ['lane', 'state'],
  },
  jobsOldest: {
    name: 'plinth_jobs_oldest_wait_seconds',
    kind: 'gauge',
    help: 'How long the oldest job that could start has waited.',
    labels: ['lane'],
  },
  budgetsClosed: {
    name: 'plinth_operator_budget_closed',
    kind: 'gauge',
    help: 'Budgets of the operator: 1 while it refuses callers, used up or closed by hand, else 0. `all`: it is not bound to one.',
    labels: ['product', 'feature', 'provider', 'plan'],
  },
  budgetsSpent: {
    name: 'plinth_operator_budget_spent_ratio',
    kind: 'gauge',
    help: 'Which part of the day’s amount of a budget of the operator is spent; 1 and above: it is closed.',
    labels: ['product', 'feature', 'provider', 'plan'],
  },
  unacknowledged: {
    name: 'plinth_purchases_unacknowledged',
    kind: 'gauge',
    help: 'Purchases that a store will take back within 36 hours, because it was not told that they were given. 0 is right.',
    labels: ['store'],
  },
  blobBytes: {
    name: 'plinth_blobs_stored_bytes',
    kind: 'gauge',
    help: 'Bytes of the files that accounts store.',
    labels: ['product'],
  },
  blobUploads: {
    name: 'plinth_blob_uploads_total',
    kind: 'counter',
    help: 'Uploads that came to an end: `completed`; `mismatch`, because the file was not the declared one; `given_up`, because it was not completed in time.',
    labels: ['product', 'outcome'],
  },
  blobHomeFailures: {
    name: 'plinth_blob_home_failures_total',
    kind: 'counter',
    help: 'Times that the folder or the S3 where files are kept failed: full, away, or without the right.',
    labels: ['home', 'doing'],
  },
  blobProblems: {
    name: 'plinth_blob_problems',
    kind: 'gauge',
    help: 'What the last comparison of the home with the database found: `orphans`, bytes of no file, which it deleted; `missing`, files without their bytes. 0 is right.',
    labels: ['kind'],
  },
  scheduledRuns: {
    name: 'plinth_scheduled_runs_total',
    kind: 'counter',
    help: 'Jobs that schedules enqueued.',
    labels: ['schedule'],
  },
  cost: {
    name: 'plinth_cost_micro_dollars_total',
    kind: 'counter',
    help: 'What model calls cost, by feature.',
    labels: ['product', 'feature'],
  },
  failureCost: {
    name: 'plinth_failure_cost_micro_dollars_total',
    kind: 'counter',
    help: 'The part of the cost that is charged to nobody, because a provider failed.',
    labels: ['product', 'feature'],
  },
  databaseUp: {
    name: 'plinth_database_up',
    kind: 'gauge',
    help: '1 while the database answers this process, else 0.',
    labels: [],
  },
  databasePing: {
    name: 'plinth_database_ping_seconds',
    kind: 'gauge',
    help: 'How long the database took for a trivial statement, asked at this scrape; the wait for a connection is part of it.',
    labels: [],
  },
  databaseConnections: {
    name: 'plinth_database_connections',
    kind: 'gauge',
    help: 'Connections of this process to PostgreSQL: `used`, `idle`; and calls that wait for one (`waiting`). None on the embedded database.',
    labels: ['state'],
  },
  writesWaiting: {
    name: 'plinth_ledger_writes_waiting',
    kind: 'gauge',
    help: 'Ends of calls that the database could not be told yet; they are kept in memory and told again.',
    labels: [],
  },
  storeObjects: {
    name: 'plinth_store_objects_waiting',
    kind: 'gauge',
    help: 'Objects of payment providers that changed there and are not read yet: `due`; `failing`, at least one reading came to nothing; `dead`, given up.',
    labels: ['store', 'state'],
  },
  memory: {
    name: 'plinth_process_memory_bytes',
    kind: 'gauge',
    help: 'Memory of this process.',
    labels: ['of'],
  },
  cpu: {
    name: 'plinth_process_cpu_seconds_total',
    kind: 'counter',
    help: 'Processor time of this process.',
    labels: [],
  },
} as const satisfies Record<string, MetricDeclaration>;
