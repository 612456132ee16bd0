resource "google_sql_database_instance" "plinth" {
  name                = "plinth"
  database_version    = var.database_version
  region              = var.region
  deletion_protection = true
  depends_on          = [google_service_networking_connection.services]
  settings {
    tier              = var.database_tier
    edition           = "ENTERPRISE"
    availability_type = "REGIONAL"
    disk_type         = "PD_SSD"
    disk_autoresize   = true
    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.plinth.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }
    # Twenty servers and twenty workers at most, each with DATABASE_POOL_SIZE for two logins and one to listen: 440.
    database_flags {
      name  = "max_connections"
      value = "500"
    }
    # Back to any second of the last seven days.
    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7
      start_time                     = "02:00"
      backup_retention_settings {
        retained_backups = 30
      }
    }
    maintenance_window {
      day          = 7
      hour         = 3
      update_track = "stable"
    }
    insights_config {
      query_insights_enabled = true
    }
  }
}

resource "google_sql_database" "plinth" {
  name     = "plinth"
  instance = google_sql_database_instance.plinth.name
}

locals {
  # The owner of the schema, the login of tenants' work and that of the system's (docs/keys.md). The two are made by logins.sql, as the owner:
  # users that Cloud SQL makes are members of cloudsqlsuperuser and may make roles, so that no server would start with them.
  logins = {
    direct-url          = "plinth_owner"
    database-url        = "plinth_app"
    system-database-url = "plinth_worker"
  }
  # On Cloud Run and GKE a proxy or a socket in the same place leads to the instance.
  database_host = var.platform == "gke" ? "127.0.0.1:5432" : google_sql_database_instance.plinth.private_ip_address
}

resource "random_password" "login" {
  for_each = local.logins
  length   = 40
  special  = false
}

resource "google_sql_user" "owner" {
  name     = local.logins["direct-url"]
  instance = google_sql_database_instance.plinth.name
  password = random_password.login["direct-url"].result
}

resource "google_redis_instance" "plinth" {
  count                   = var.redis == "memorystore" ? 1 : 0
  name                    = "plinth"
  tier                    = var.redis_tier
  memory_size_gb          = var.redis_gigabytes
  region                  = var.region
  redis_version           = "REDIS_7_2"
  authorized_network      = google_compute_network.plinth.id
  connect_mode            = "PRIVATE_SERVICE_ACCESS"
  auth_enabled            = true
  transit_encryption_mode = "DISABLED"
  depends_on              = [google_service_networking_connection.services]
}

resource "google_storage_bucket" "files" {
  name                        = "${var.project}-plinth-files"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  versioning {
    enabled = true
  }
  soft_delete_policy {
    retention_duration_seconds = 604800
  }
  lifecycle_rule {
    condition {
      num_newer_versions         = 1
      days_since_noncurrent_time = 7
    }
    action {
      type = "Delete"
    }
  }
  # Browsers send files and fetch them here.
  cors {
    origin          = ["https://${var.domain}"]
    method          = ["GET", "HEAD", "PUT"]
    response_header = ["Content-Type", "ETag", "Range", "Content-Range"]
    max_age_seconds = 600
  }
}

resource "google_artifact_registry_repository" "plinth" {
  repository_id = "plinth"
  format        = "DOCKER"
  location      = var.region
  depends_on    = [google_project_service.apis]
}
