// The calls of this server. Git does not keep them: the file is made by npm ci, or by
// npm run generate where npm ran no scripts. A compiler that misses it shows this line.
export * from './routes.generated.ts'; // It is missing? Run: npm run generate
