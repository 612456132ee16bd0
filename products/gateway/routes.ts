export * from './doors/chat.ts';
export * from './doors/messages.ts';
export * from './doors/embeddings.ts';
export * from './doors/images.ts';
export * from './doors/models.ts';
export * from './doors/moderations.ts';
export * from './doors/responses.ts';
export * from './doors/speech.ts';
