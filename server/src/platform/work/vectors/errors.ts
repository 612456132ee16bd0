import { declareErrors } from '#platform/kernel';

declareErrors({
  vector_invalid: {
    status: 422,
    message: 'This vector cannot be accepted: `field` names the property that does not fit.',
  },
  vector_dimensions: {
    status: 409,
    message:
      'All embeddings of a collection have one number of dimensions: `dimensions` says which. Delete those of another model first.',
  },
  vector_store_unavailable: {
    status: 503,
    message:
      'Embeddings cannot be stored or searched now. Try again later: the same call again has one effect.',
  },
});
