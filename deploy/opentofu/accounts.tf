locals {
  roles = toset(["server", "worker", "migrate"])
  # Who reads which secret: calls from outside are verified by the server alone, and the owner's login is the migration's alone.
  all = ["database-url", "system-database-url", "redis-url", "master-keys", "openai-api-key", "smtp-url", "stripe-secret-key",
  "s3-access-key-id", "s3-secret-access-key"]
  secrets = {
    server  = concat(local.all, ["stripe-webhook-secret", "stripe-connect-webhook-secret"])
    worker  = local.all
    migrate = concat(local.all, ["direct-url"])
  }
  # What is made here; the others are put in by hand (`gcloud secrets versions add`), and never through the state.
  made = merge(
    { for key, login in local.logins : key => "postgres://${login}:${random_password.login[key].result}@${local.database_host}/plinth${var.platform == "gke" ? "" : "?sslmode=no-verify"}" },
    {
      run-monitoring       = file("${path.module}/../cloud-run/metrics.yaml")
      s3-access-key-id     = google_storage_hmac_key.files.access_id
      s3-secret-access-key = google_storage_hmac_key.files.secret
    },
    var.redis == "memorystore" ? {
      redis-url = "redis://:${google_redis_instance.plinth[0].auth_string}@${google_redis_instance.plinth[0].host}:${google_redis_instance.plinth[0].port}"
    } : {},
  )
  # A file of the collector, and no variable of the program.
  files    = { server = ["run-monitoring"], worker = ["run-monitoring"], migrate = [] }
  readable = merge([for role, names in local.secrets : { for name in concat(names, local.files[role]) : "${role}/${name}" => { role = role, name = name } }]...)
}

resource "google_service_account" "role" {
  for_each     = local.roles
  account_id   = "plinth-${each.key}"
  display_name = "Plinth ${each.key}"
}

# The bucket is used by keys of S3's protocol, which need an account: it may do this and nothing else.
resource "google_service_account" "files" {
  account_id   = "plinth-files"
  display_name = "Plinth files"
}

resource "google_storage_hmac_key" "files" {
  service_account_email = google_service_account.files.email
}

resource "google_storage_bucket_iam_member" "files" {
  bucket = google_storage_bucket.files.name
  role   = "roles/storage.objectUser"
  member = "serviceAccount:${google_service_account.files.email}"
}

resource "google_secret_manager_secret" "plinth" {
  for_each  = toset(concat(local.secrets.server, local.secrets.migrate, local.files.server))
  secret_id = "plinth-${each.key}"
  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
  depends_on = [google_project_service.apis]
}

resource "google_secret_manager_secret_version" "made" {
  for_each    = toset(nonsensitive(keys(local.made)))
  secret      = google_secret_manager_secret.plinth[each.key].id
  secret_data = local.made[each.key]
}

resource "google_secret_manager_secret_iam_member" "reads" {
  for_each  = local.readable
  secret_id = google_secret_manager_secret.plinth[each.value.name].id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${google_service_account.role[each.value.role].email}"
}

resource "google_project_iam_member" "database" {
  for_each = local.roles
  project  = var.project
  role     = "roles/cloudsql.client"
  member   = "serviceAccount:${google_service_account.role[each.key].email}"
}

# The collector beside server and worker on Cloud Run writes what it scrapes; on GKE the nodes do.
resource "google_project_iam_member" "metrics" {
  for_each = setsubtract(local.roles, ["migrate"])
  project  = var.project
  role     = "roles/monitoring.metricWriter"
  member   = "serviceAccount:${google_service_account.role[each.key].email}"
}

resource "google_project_iam_member" "logs" {
  for_each = local.roles
  project  = var.project
  role     = "roles/logging.logWriter"
  member   = "serviceAccount:${google_service_account.role[each.key].email}"
}
