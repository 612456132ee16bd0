import type { ProductContext } from 'plinth/product';
import type { Changes } from './changes/service.ts';
import type { createDocuments } from './documents/service.ts';
import type { Scopes } from './scopes/service.ts';
import type { Sections } from './scopes/sections/service.ts';
import type { Versions } from './versions/service.ts';
import type { Workspaces } from './workspaces/service.ts';

/** Parts that the outer parts of Orbit are made from: the platform, and what stands below them. */
export interface OrbitParts extends ProductContext {
  readonly workspaces: Workspaces;
  readonly changes: Changes;
  readonly versions: Versions;
  readonly sections: Sections;
  readonly scopes: Scopes;
  readonly documents: ReturnType<typeof createDocuments>;
}
