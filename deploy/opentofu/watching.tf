resource "google_monitoring_notification_channel" "email" {
  display_name = "Plinth"
  type         = "email"
  labels       = { email_address = var.alert_email }
}

resource "google_monitoring_uptime_check_config" "ready" {
  display_name = "Plinth is ready"
  period       = "60s"
  timeout      = "10s"
  http_check {
    path         = "/readyz"
    port         = 443
    use_ssl      = true
    validate_ssl = true
  }
  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project, host = var.domain }
  }
}

resource "google_monitoring_alert_policy" "away" {
  display_name = "Plinth does not answer"
  combiner     = "OR"
  conditions {
    display_name = "the uptime check fails from two places"
    condition_threshold {
      filter          = "resource.type = \"uptime_url\" AND metric.type = \"monitoring.googleapis.com/uptime_check/check_passed\" AND metric.labels.check_id = \"${google_monitoring_uptime_check_config.ready.uptime_check_id}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 1
      duration        = "120s"
      aggregations {
        alignment_period     = "120s"
        per_series_aligner   = "ALIGN_NEXT_OLDER"
        cross_series_reducer = "REDUCE_COUNT_FALSE"
        group_by_fields      = ["resource.label.host"]
      }
    }
  }
  notification_channels = [google_monitoring_notification_channel.email.id]
}

locals {
  # Made of deploy/grafana and deploy/prometheus by `npm run generate`.
  monitoring = jsondecode(file("${path.module}/monitoring.json"))
}

resource "google_monitoring_dashboard" "plinth" {
  for_each       = local.monitoring.dashboards
  dashboard_json = jsonencode(each.value)
  depends_on     = [google_project_service.apis]
}

resource "google_monitoring_alert_policy" "rules" {
  for_each     = local.monitoring.alerts
  display_name = each.key
  combiner     = "OR"
  severity     = each.value.severity
  conditions {
    display_name = each.key
    condition_prometheus_query_language {
      query               = each.value.query
      duration            = each.value.duration
      evaluation_interval = "60s"
      rule_group          = each.value.group
      alert_rule          = each.key
      # A metric is known once a process that has it was scraped.
      disable_metric_validation = true
    }
  }
  documentation {
    content   = each.value.documentation
    mime_type = "text/markdown"
  }
  notification_channels = [google_monitoring_notification_channel.email.id]
}

locals {
  # Lines of the log that somebody should read (docs/runbook.md), in the form that LOG_FORMAT=cloud gives them.
  lines = {
    errors = {
      says   = "Plinth logs errors"
      filter = "severity>=ERROR"
    }
    crashes = {
      says   = "A process of Plinth had a defect"
      filter = "severity>=ERROR AND jsonPayload.message=(\"an uncaught exception\" OR \"an unhandled rejection\")"
    }
  }
  from = var.platform == "gke" ? "resource.type=\"k8s_container\" AND resource.labels.namespace_name=\"plinth\"" : "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=~\"^plinth-\""
}

resource "google_monitoring_alert_policy" "lines" {
  for_each     = local.lines
  display_name = each.value.says
  combiner     = "OR"
  conditions {
    display_name = each.value.says
    condition_matched_log {
      filter = "${local.from} AND ${each.value.filter}"
    }
  }
  alert_strategy {
    notification_rate_limit {
      period = "1800s"
    }
  }
  notification_channels = [google_monitoring_notification_channel.email.id]
}
