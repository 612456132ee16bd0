locals {
  services = var.platform == "cloud-run" ? {
    server = { verb = "serve", ingress = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER", least = 1, most = 20 }
    worker = { verb = "worker", ingress = "INGRESS_TRAFFIC_INTERNAL_ONLY", least = 2, most = 2 }
  } : {}
  settings = {
    NODE_ENV               = "production"
    PUBLIC_URL             = "https://${var.domain}"
    TRUSTED_PROXIES        = "169.254.0.0/16,35.191.0.0/16,130.211.0.0/22"
    S3_BUCKET              = google_storage_bucket.files.name
    S3_ENDPOINT            = "https://storage.googleapis.com"
    S3_REGION              = "auto"
    S3_CHECKSUMS           = "when_required"
    MAIL_FROM              = var.mail_from
    LOG_FORMAT             = "cloud"
    GOOGLE_CLOUD_PROJECT   = var.project
    SHUTDOWN_GRACE_SECONDS = "8"
    DATABASE_POOL_SIZE     = "5"
    METRICS_PORT           = "9464"
  }
}

resource "google_cloud_run_v2_service" "role" {
  for_each            = local.services
  name                = "plinth-${each.key}"
  location            = var.region
  ingress             = each.value.ingress
  deletion_protection = false
  depends_on          = [google_secret_manager_secret_iam_member.reads, google_secret_manager_secret_version.made]
  template {
    service_account                  = google_service_account.role[each.key].email
    max_instance_request_concurrency = 200
    timeout                          = "330s"
    scaling {
      min_instance_count = each.value.least
      max_instance_count = each.value.most
    }
    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network    = google_compute_network.plinth.id
        subnetwork = google_compute_subnetwork.plinth.id
      }
    }
    containers {
      name  = each.key
      image = var.image
      args  = [each.value.verb]
      ports {
        container_port = 6174
      }
      dynamic "env" {
        for_each = local.settings
        content {
          name  = env.key
          value = env.value
        }
      }
      dynamic "env" {
        for_each = toset(local.secrets[each.key])
        content {
          name = upper(replace(env.key, "-", "_"))
          value_source {
            secret_key_ref {
              secret  = google_secret_manager_secret.plinth[env.key].secret_id
              version = "latest"
            }
          }
        }
      }
      resources {
        limits            = { cpu = "2", memory = "1Gi" }
        cpu_idle          = false
        startup_cpu_boost = true
      }
      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 60
        http_get {
          path = "/readyz"
        }
      }
      liveness_probe {
        period_seconds    = 10
        timeout_seconds   = 5
        failure_threshold = 6
        http_get {
          path = "/healthz"
        }
      }
    }
    # Scrapes METRICS_PORT, which is open within the instance alone, for Google's managed Prometheus (deploy/cloud-run/metrics.yaml).
    containers {
      name       = "collector"
      image      = var.collector_image
      depends_on = [each.key]
      resources {
        limits   = { cpu = "500m", memory = "256Mi" }
        cpu_idle = false
      }
      volume_mounts {
        name       = "metrics"
        mount_path = "/etc/rungmp"
      }
    }
    volumes {
      name = "metrics"
      secret {
        secret = google_secret_manager_secret.plinth["run-monitoring"].secret_id
        items {
          version = "latest"
          path    = "config.yaml"
        }
      }
    }
  }
  # release.sh rolls images out, and back.
  lifecycle {
    ignore_changes = [template[0].containers[0].image, client, client_version]
  }
}

# Callers are signed in by the program itself; the load balancer is the only way here.
resource "google_cloud_run_v2_service_iam_member" "callers" {
  count    = var.platform == "cloud-run" ? 1 : 0
  name     = google_cloud_run_v2_service.role["server"].name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"
}

resource "google_cloud_run_v2_job" "migrate" {
  count               = var.platform == "cloud-run" ? 1 : 0
  name                = "plinth-migrate"
  location            = var.region
  deletion_protection = false
  depends_on          = [google_secret_manager_secret_iam_member.reads, google_secret_manager_secret_version.made]
  template {
    template {
      service_account = google_service_account.role["migrate"].email
      max_retries     = 1
      timeout         = "900s"
      vpc_access {
        egress = "PRIVATE_RANGES_ONLY"
        network_interfaces {
          network    = google_compute_network.plinth.id
          subnetwork = google_compute_subnetwork.plinth.id
        }
      }
      containers {
        image = var.image
        args  = ["migrate", "up"]
        dynamic "env" {
          for_each = local.settings
          content {
            name  = env.key
            value = env.value
          }
        }
        dynamic "env" {
          for_each = toset(local.secrets["migrate"])
          content {
            name = upper(replace(env.key, "-", "_"))
            value_source {
              secret_key_ref {
                secret  = google_secret_manager_secret.plinth[env.key].secret_id
                version = "latest"
              }
            }
          }
        }
      }
    }
  }
  lifecycle {
    ignore_changes = [template[0].template[0].containers[0].image, client, client_version]
  }
}
