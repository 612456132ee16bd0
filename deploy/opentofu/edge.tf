resource "google_compute_global_address" "plinth" {
  name = "plinth"
}

# On GKE the Ingress names this policy, the address and a certificate of its own (deploy/kubernetes/server.yaml).
resource "google_compute_security_policy" "edge" {
  name = "plinth-edge"
  # Nobody needs so many from one address; the server has limits of its own, by caller and plan.
  rule {
    action   = "throttle"
    priority = 1000
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"
      rate_limit_threshold {
        count        = 3000
        interval_sec = 60
      }
    }
  }
  # Known attacks on protocols and scanners. Rules for SQL and scripts are left out: bodies are what people write, and every statement is bound.
  rule {
    action   = "deny(403)"
    priority = 900
    match {
      expr {
        expression = "evaluatePreconfiguredWaf('protocolattack-v33-stable', {'sensitivity': 1}) || evaluatePreconfiguredWaf('scannerdetection-v33-stable', {'sensitivity': 1})"
      }
    }
  }
  rule {
    action   = "allow"
    priority = 2147483647
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }
}

resource "google_compute_region_network_endpoint_group" "server" {
  count                 = var.platform == "cloud-run" ? 1 : 0
  name                  = "plinth-server"
  network_endpoint_type = "SERVERLESS"
  region                = var.region
  cloud_run {
    service = google_cloud_run_v2_service.role["server"].name
  }
}

resource "google_compute_backend_service" "server" {
  count                 = var.platform == "cloud-run" ? 1 : 0
  name                  = "plinth-server"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  security_policy       = google_compute_security_policy.edge.id
  backend {
    group = google_compute_region_network_endpoint_group.server[0].id
  }
  log_config {
    enable      = true
    sample_rate = 0.1
  }
}

resource "google_compute_managed_ssl_certificate" "plinth" {
  count = var.platform == "cloud-run" ? 1 : 0
  name  = "plinth"
  managed {
    domains = [var.domain]
  }
}

resource "google_compute_url_map" "plinth" {
  count           = var.platform == "cloud-run" ? 1 : 0
  name            = "plinth"
  default_service = google_compute_backend_service.server[0].id
}

resource "google_compute_target_https_proxy" "plinth" {
  count            = var.platform == "cloud-run" ? 1 : 0
  name             = "plinth"
  url_map          = google_compute_url_map.plinth[0].id
  ssl_certificates = [google_compute_managed_ssl_certificate.plinth[0].id]
  ssl_policy       = google_compute_ssl_policy.modern.id
}

resource "google_compute_ssl_policy" "modern" {
  name            = "plinth-modern"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
}

resource "google_compute_global_forwarding_rule" "https" {
  count                 = var.platform == "cloud-run" ? 1 : 0
  name                  = "plinth-https"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.plinth.id
  port_range            = "443"
  target                = google_compute_target_https_proxy.plinth[0].id
}
