export * from './doors/chat.ts';
export * from './doors/models.ts';
export * from './doors/responses.ts';
