import { namedObject } from 'plinth/product';
import { z } from 'zod';

/** How far texts may leave a workspace: `no_models` sends nothing of it to a model. */
export const PRIVACY = ['standard', 'no_models'] as const;
export type Privacy = (typeof PRIVACY)[number];

/** Steps of the onboarding, in this order. */
export const STEPS = ['workspace', 'team', 'goals', 'subscribe'] as const;
export type Step = (typeof STEPS)[number];

export const colour = z
  .string()
  .regex(/^#[0-9A-Fa-f]{6}$/, 'A colour is #rrggbb.')
  .toLowerCase();
/** Colours of exports. */
export const coloursSchema = namedObject('ChosenColours', { primary: colour, accent: colour });
export type Colours = z.infer<typeof coloursSchema>;

/** Settings of a workspace. */
export interface WorkspaceSettings {
  /** Currency of new scopes, by ISO 4217. */
  readonly currency?: string | undefined;
  /** BCP 47 tag, of exports. */
  readonly language?: string | undefined;
}

/** State of a step, and what was said in it. */
export interface StepState {
  readonly state: 'done' | 'skipped';
  readonly at: string;
  readonly said?: Readonly<Record<string, unknown>> | undefined;
}

export interface WorkspaceRow {
  readonly account_id: string;
  readonly slug: string;
  readonly logo_blob_id: string | null;
  readonly colours: Colours | null;
  readonly privacy: Privacy;
  readonly settings: WorkspaceSettings;
  readonly onboarding: { readonly [Name in Step]?: StepState };
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The slug that a name suggests; undefined where it has no letter or digit of the Latin script. */
export function slugOf(name: string): string | undefined {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '');
  return slug.length < 2 ? undefined : slug;
}
