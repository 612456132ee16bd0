resource "google_project_service" "apis" {
  for_each = toset([
    "artifactregistry", "certificatemanager", "cloudscheduler", "compute", "container", "iamcredentials", "logging",
    "monitoring", "redis", "run", "secretmanager", "servicenetworking", "sqladmin", "storage",
  ])
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

resource "google_compute_network" "plinth" {
  name                    = "plinth"
  auto_create_subnetworks = false
  depends_on              = [google_project_service.apis]
}

resource "google_compute_subnetwork" "plinth" {
  name                     = "plinth"
  network                  = google_compute_network.plinth.id
  region                   = var.region
  ip_cidr_range            = "10.10.0.0/20"
  private_ip_google_access = true
  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = "10.20.0.0/16"
  }
  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = "10.30.0.0/20"
  }
  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
  }
}

# Nodes and containers have no public address: they go out by NAT, from one address that providers can be told.
resource "google_compute_router" "plinth" {
  name    = "plinth"
  network = google_compute_network.plinth.id
  region  = var.region
}

resource "google_compute_address" "nat" {
  name   = "plinth-nat"
  region = var.region
}

resource "google_compute_router_nat" "plinth" {
  name                               = "plinth"
  router                             = google_compute_router.plinth.name
  region                             = var.region
  nat_ip_allocate_option             = "MANUAL_ONLY"
  nat_ips                            = [google_compute_address.nat.self_link]
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"
  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

# Private addresses of Cloud SQL and Memorystore.
resource "google_compute_global_address" "services" {
  name          = "plinth-services"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 16
  address       = "10.40.0.0"
  network       = google_compute_network.plinth.id
}

resource "google_service_networking_connection" "services" {
  network                 = google_compute_network.plinth.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services.name]
}
