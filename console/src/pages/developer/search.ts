import { readTexts } from '../../parts/search.ts';

export const JOB_STATES = ['ready', 'delayed', 'running', 'done', 'dead', 'cancelled'] as const;
export const DELIVERY_STATES = ['waiting', 'sending', 'delivered', 'dead'] as const;

// What the pages' addresses say of what they show.
export const readJobSearch = readTexts({ job: undefined, status: JOB_STATES });
export const readWebhookSearch = readTexts({ webhook: undefined, status: DELIVERY_STATES });
export const readMailSearch = readTexts({ mail: undefined, template: undefined });

export const readServerSearch = (search: Readonly<Record<string, unknown>>): { readonly all?: true } =>
  search['all'] === true ? { all: true } : {};
