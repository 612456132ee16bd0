output "address" {
  value       = google_compute_global_address.plinth.address
  description = "Where the address record of the domain leads."
}

output "nat_address" {
  value       = google_compute_address.nat.address
  description = "Where calls of providers come from."
}

output "database" {
  value       = google_sql_database_instance.plinth.connection_name
  description = "What the proxy of Cloud SQL is told: PROJECT:REGION:plinth of the manifests."
}

output "registry" {
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.plinth.repository_id}"
  description = "Where the image is pushed."
}
