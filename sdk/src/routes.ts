// The calls of this server, by `npm run generate`.
export * from './routes.generated.ts';
