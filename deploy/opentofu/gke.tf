# A node in each of three zones. What runs on it: deploy/kubernetes.
resource "google_container_cluster" "plinth" {
  count                    = var.platform == "gke" ? 1 : 0
  name                     = "plinth"
  location                 = var.region
  network                  = google_compute_network.plinth.id
  subnetwork               = google_compute_subnetwork.plinth.id
  initial_node_count       = 1
  remove_default_node_pool = true
  deletion_protection      = true
  datapath_provider        = "ADVANCED_DATAPATH"
  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }
  private_cluster_config {
    enable_private_nodes   = true
    master_ipv4_cidr_block = "172.16.0.0/28"
  }
  workload_identity_config {
    workload_pool = "${var.project}.svc.id.goog"
  }
  release_channel {
    channel = "REGULAR"
  }
  # Scrapes what deploy/kubernetes/metrics.yaml names.
  monitoring_config {
    enable_components = ["SYSTEM_COMPONENTS"]
    managed_prometheus {
      enabled = true
    }
  }
}

resource "google_service_account" "nodes" {
  count        = var.platform == "gke" ? 1 : 0
  account_id   = "plinth-nodes"
  display_name = "Plinth nodes"
}

resource "google_project_iam_member" "nodes" {
  for_each = var.platform == "gke" ? toset(["roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader"]) : toset([])
  project  = var.project
  role     = each.key
  member   = "serviceAccount:${google_service_account.nodes[0].email}"
}

resource "google_container_node_pool" "plinth" {
  count      = var.platform == "gke" ? 1 : 0
  name       = "plinth"
  cluster    = google_container_cluster.plinth[0].id
  node_count = var.nodes_per_zone
  node_config {
    machine_type    = var.node_machine
    service_account = google_service_account.nodes[0].email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    workload_metadata_config {
      mode = "GKE_METADATA"
    }
    shielded_instance_config {
      enable_secure_boot = true
    }
  }
  management {
    auto_repair  = true
    auto_upgrade = true
  }
  upgrade_settings {
    max_surge       = 1
    max_unavailable = 0
  }
}

# Accounts of Kubernetes that stand for those of Google Cloud (deploy/kubernetes/accounts.yaml).
resource "google_service_account_iam_member" "pods" {
  for_each           = var.platform == "gke" ? local.roles : toset([])
  service_account_id = google_service_account.role[each.key].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.project}.svc.id.goog[plinth/plinth-${each.key}]"
  depends_on         = [google_container_cluster.plinth]
}
