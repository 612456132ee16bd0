// The calls of this server. Git does not keep them: the file is made by npm ci, or by
// npm run generate where npm ran no scripts. A compiler that misses it shows this line.
import type { KnownRoutes, KnownSchemas } from './routes.generated.ts'; // It is missing? Run: npm run generate
export * from './routes.generated.ts';

/** What the products of a team add, or have otherwise: `plinth generate` writes it. */
export interface AddedSchemas {}
export interface AddedRoutes {}

/** What routes take and answer, by name. */
export interface Schemas extends Omit<KnownSchemas, keyof AddedSchemas>, AddedSchemas {}

/** What each route takes and answers. */
export interface Routes extends Omit<KnownRoutes, keyof AddedRoutes>, AddedRoutes {}
