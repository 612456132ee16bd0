// The calls of this server: in a clone with products of its own, `npm run generate` names own-routes.generated.ts here.
export * from './routes.generated.ts';
