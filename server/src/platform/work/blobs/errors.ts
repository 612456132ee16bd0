import { declareErrors } from '#platform/kernel';

declareErrors({
  blob_not_found: { status: 404, message: 'There is no such file.' },
  blob_gone: { status: 410, message: 'The content of this file was deleted.' },
  upload_missing: { status: 409, message: 'The file was not sent yet, or not all of it.' },
  upload_over: { status: 409, message: 'This file was sent and completed already.' },
  upload_replaced: { status: 409, message: 'Another request is uploading this file.' },
  upload_expired: { status: 410, message: 'The time to send this file is over. Ask for a new upload.' },
  upload_mismatch: {
    status: 422,
    message: 'The file is not the one that was declared: it has another length, type or SHA-256.',
  },
  upload_invalid: {
    status: 422,
    message: 'This file cannot be accepted: `field` names the property that does not fit.',
  },
  signed_url_invalid: { status: 403, message: 'This link was changed, or is not one of this server.' },
  signed_url_expired: { status: 410, message: 'This link is no longer good. Ask for a new one.' },
  length_required: { status: 411, message: 'Send the Content-Length of the file.' },
  range_not_satisfiable: { status: 416, message: 'The file has no such bytes.' },
  storage_unavailable: { status: 503, message: 'The file could not be stored now. Try again later.' },
});
